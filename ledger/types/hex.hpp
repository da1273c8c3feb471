#pragma once

#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled {

/// Lower-case, without a prefix.
std::string to_hex(BytesView bytes);
/// Lower-case, `0x` in front: the form of Ethereum's JSON-RPC.
std::string to_0x(BytesView bytes);

/// Digits in either case, an optional `0x`; an odd number of digits or any other character is
/// Invalid (`invalid_hex`).
Result<Bytes> from_hex(std::string_view text);
/// As above, and exactly `out.size()` bytes.
Status from_hex(std::string_view text, std::span<std::uint8_t> out);
/// The same of digits without a prefix, for who reads millions and has words of his own for what is
/// wrong: false.
bool decode_hex(std::string_view digits, std::span<std::uint8_t> out);

template <typename T>
Result<T> fixed_from_hex(std::string_view text) {
  T out;
  TRY_OK(from_hex(text, std::span<std::uint8_t>(out.bytes)));
  return out;
}

}  // namespace settled
