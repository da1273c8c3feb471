#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/multiprecision/cpp_int.hpp>

#include "ledger/types/amount.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// The machine word of the EVM. Arithmetic that leaves 0 .. 2^256-1 throws (std::range_error,
/// std::overflow_error) and never wraps; foreign values are therefore narrowed at the chain edge
/// before anything is computed with them.
using U256 = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    256, 256, boost::multiprecision::unsigned_magnitude, boost::multiprecision::checked>>;

/// Thirty-two bytes, big-endian: a word of calldata, of a log or of a signature.
std::array<std::uint8_t, 32> to_word(const U256& value);
/// Big-endian without leading zeros; zero is no bytes at all: an integer in RLP.
Bytes to_minimal_bytes(const U256& value);
/// Big-endian. REQUIRES: at most 32 bytes. No bytes are zero.
U256 u256_from_bytes(BytesView big_endian);

/// A JSON-RPC quantity: `0x` and hexadecimal digits. Leading zeros are accepted, since nodes
/// differ. Errors: Invalid `invalid_quantity`, `quantity_too_large`.
Result<U256> parse_quantity(std::string_view text);
Result<std::uint64_t> parse_quantity64(std::string_view text);
/// `0x` and no leading zeros; zero is "0x0".
std::string to_quantity(const U256& value);
std::string to_quantity(std::uint64_t value);

/// To what the books can hold. Error: Invalid `amount_too_large`.
Result<uint128> narrow(const U256& value);
U256 widen(uint128 value);

}  // namespace settled::chains::evm
