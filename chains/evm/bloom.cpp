#include "chains/evm/bloom.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "chains/evm/keccak.hpp"

namespace settled::chains::evm {
namespace {

struct Bit {
  std::size_t byte;
  std::uint8_t mask;
};

/// The low 11 bits of the digest's first three 16-bit words; bit 0 is the last byte's lowest.
std::array<Bit, 3> bits_of(BytesView item) {
  const Hash hash = keccak256(item);
  std::array<Bit, 3> bits;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::size_t index = ((hash.bytes[2 * i] & 7U) << 8) | hash.bytes[2 * i + 1];
    bits[i] = {Bloom::kSize - 1 - index / 8, static_cast<std::uint8_t>(1U << (index % 8))};
  }
  return bits;
}

}  // namespace

void add_to(Bloom& bloom, BytesView item) {
  for (const Bit bit : bits_of(item)) bloom.bytes[bit.byte] |= bit.mask;
}

bool may_contain(const Bloom& bloom, BytesView item) {
  return std::ranges::all_of(bits_of(item),
                             [&](Bit bit) { return (bloom.bytes[bit.byte] & bit.mask) != 0; });
}

}  // namespace settled::chains::evm
