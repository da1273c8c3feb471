#include "chains/evm/address.hpp"

#include <algorithm>

#include "chains/evm/keccak.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains::evm {
namespace {

constexpr std::string_view kPrefix = "0x";

bool is_lower(char c) {
  return c >= 'a' && c <= 'f';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'F';
}

}  // namespace

std::string to_checksum(const Address& address) {
  std::string digits = to_hex(address.view());
  const Hash hash = keccak256(as_bytes(digits));
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int nibble = i % 2 == 0 ? hash.bytes[i / 2] >> 4 : hash.bytes[i / 2] & 15;
    if (is_lower(digits[i]) && nibble >= 8) {
      digits[i] = static_cast<char>(digits[i] - 'a' + 'A');
    }
  }
  return digits.insert(0, kPrefix);
}

Result<Address> parse_address(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 2 * Address::kSize) {
    return fail(Errc::Invalid, "invalid_address", "an address is 0x and 40 hexadecimal digits");
  }
  const std::string_view digits = text.substr(kPrefix.size());
  Address address;
  if (!from_hex(digits, address.bytes)) {
    return fail(Errc::Invalid, "invalid_address", "a character is not a hexadecimal digit");
  }
  const bool mixed = std::ranges::any_of(digits, is_lower) && std::ranges::any_of(digits, is_upper);
  if (mixed && to_checksum(address) != text) {
    return fail(Errc::Invalid, "invalid_address",
                "the letter case is not the address's EIP-55 checksum");
  }
  return address;
}

}  // namespace settled::chains::evm
