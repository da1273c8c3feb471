#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <boost/container/static_vector.hpp>

#include "chains/evm/address.hpp"
#include "chains/evm/bloom.hpp"
#include "chains/evm/keccak.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// LOG0 to LOG4 (yellow paper, appendix H).
inline constexpr std::size_t kMaxTopics = 4;
/// Where the event lies: catching up reads hundreds of thousands of them.
using Topics = boost::container::static_vector<Hash, kMaxTopics>;

/// An event as a receipt holds it.
struct EventLog {
  Address address;
  Topics topics;
  Bytes data;

  friend bool operator==(const EventLog&, const EventLog&) = default;
};

/// What the OP Stack calls the receipts of its deposits from L1.
inline constexpr std::uint8_t kDepositReceipt = 0x7E;
/// Whether receipts of this type can be encoded: 0 (legacy), 1 (EIP-2930), 2 (EIP-1559),
/// 3 (EIP-4844), 4 (EIP-7702) and the deposit's.
bool is_known_receipt_type(std::uint64_t type);

/// What a block commits to of a transaction's outcome (yellow paper, section 4.3.1; EIP-658,
/// EIP-2718). Neither the transaction's hash nor a log's index within the block is part of it.
struct Receipt {
  std::uint8_t type = 0;
  /// Whether the transaction succeeded, or, before Byzantium, the state root after it.
  std::variant<bool, Hash> outcome = false;
  std::uint64_t cumulative_gas_used = 0;  ///< of the block, up to and with this transaction
  Bloom logs_bloom;
  std::vector<EventLog> logs;
  /// OP Stack deposits since the Canyon upgrade: both or none of the two. What Regolith's nodes
  /// tell of the nonce alone is not part of the receipt (specs.optimism.io, "Deposited
  /// transaction").
  std::optional<std::uint64_t> deposit_nonce = {};
  std::optional<std::uint64_t> deposit_version = {};

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// The bytes that the receipts trie holds. REQUIRES: a known type; a nonce wherever there is a
/// version of the deposit, and neither in any other type.
Bytes encode_receipt(const Receipt& receipt);
/// The inverse, of exactly those bytes. Errors: Invalid `invalid_rlp`, `invalid_receipt`,
/// `unsupported_receipt_type`.
Result<Receipt> decode_receipt(BytesView encoded);

/// The filter over the receipt's logs, made from them.
Bloom bloom_of(const std::vector<EventLog>& logs);

}  // namespace settled::chains::evm
