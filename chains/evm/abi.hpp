#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "chains/evm/address.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// What is used of the contract ABI (Solidity documentation, "Contract ABI Specification"): the
/// calls to an ERC-20 token and its Transfer event. Failures of decoding are Invalid `invalid_abi`.

/// The first four bytes of the Keccak-256 of a function's signature.
using Selector = std::array<std::uint8_t, 4>;

inline constexpr Selector kTransferSelector = {0xA9, 0x05, 0x9C, 0xBB};
inline constexpr Selector kBalanceOfSelector = {0x70, 0xA0, 0x82, 0x31};
inline constexpr Selector kDecimalsSelector = {0x31, 0x3C, 0xE5, 0x67};
inline constexpr Selector kSymbolSelector = {0x95, 0xD8, 0x9B, 0x41};

/// The first topic of `Transfer(address indexed from, address indexed to, uint256 value)`.
inline constexpr Hash kTransferTopic = {{0xDD, 0xF2, 0x52, 0xAD, 0x1B, 0xE2, 0xC8, 0x9B,
                                         0x69, 0xC2, 0xB0, 0x68, 0xFC, 0x37, 0x8D, 0xAA,
                                         0x95, 0x2B, 0xA7, 0xF1, 0x63, 0xC4, 0xA1, 0x16,
                                         0x28, 0xF5, 0x5A, 0x4D, 0xF5, 0x23, 0xB3, 0xEF}};

/// Base units of a token, from the message's sender to `to`.
struct TransferCall {
  Address to;
  U256 amount;

  friend bool operator==(const TransferCall&, const TransferCall&) = default;
};

/// Calldata of `transfer(address,uint256)`.
Bytes encode_transfer(const TransferCall& call);
/// Exactly such calldata: 68 bytes, the address padded with zeros.
Result<TransferCall> decode_transfer(BytesView calldata);
/// Calldata of `balanceOf(address)`, `decimals()` and `symbol()`.
Bytes encode_balance_of(const Address& owner);
Bytes encode_decimals();
Bytes encode_symbol();

/// One returned word. An account without code returns nothing, which is an error here.
Result<U256> decode_uint256(BytesView returned);
Result<std::uint8_t> decode_uint8(BytesView returned);
/// A `string` as the standard says, or the `bytes32` that early tokens return, without its trailing
/// zeros. At most 256 bytes, of any value: they are not checked to be UTF-8.
Result<std::string> decode_symbol(BytesView returned);

/// The event of an ERC-20 transfer. Which token it is, the log's address tells.
struct TransferEvent {
  Address from;
  Address to;
  U256 value;

  friend bool operator==(const TransferEvent&, const TransferEvent&) = default;
};

/// Nothing for any other log. ERC-721's Transfer has the same first topic and a fourth one; a token
/// that does not index its payees has fewer and is not supported.
std::optional<TransferEvent> decode_transfer_event(std::span<const Hash> topics, BytesView data);

}  // namespace settled::chains::evm
