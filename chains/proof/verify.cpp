#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "chains/evm/abi.hpp"
#include "chains/evm/header.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/evm/rlp.hpp"
#include "chains/evm/trie.hpp"
#include "chains/proof/transfer.hpp"

namespace settled::chains::proof {
namespace {

constexpr std::uint8_t kVersion = 1;
/// A receipts trie is at most four levels deep: keys have up to three bytes.
constexpr std::size_t kMaxNodes = 16;
constexpr std::uint64_t kMaxTimestamp = 253'402'300'799;  // the end of the year 9999

std::unexpected<Error> corrupt(const char* reason, std::string detail) {
  return fail(Errc::Corrupt, reason, std::move(detail));
}

/// The parts of a proof as they lie in its bytes.
struct Parts {
  BytesView header;
  std::uint64_t tx_index = 0;
  std::uint64_t log_in_receipt = 0;
  std::vector<BytesView> nodes;
};

Result<Parts> split(BytesView encoded) {
  evm::RlpReader whole(encoded);
  TRY(evm::RlpReader fields, whole.list());
  TRY_OK(whole.finish());
  Parts out;
  TRY(out.header, fields.bytes());
  TRY(out.tx_index, fields.integer64());
  TRY(out.log_in_receipt, fields.integer64());
  TRY(evm::RlpReader nodes, fields.list());
  TRY_OK(fields.finish());
  while (!nodes.done()) {
    if (out.nodes.size() == kMaxNodes) return corrupt("proof_malformed", "it has too many nodes");
    TRY(const BytesView node, nodes.bytes());
    out.nodes.push_back(node);
  }
  return out;
}

Result<evm::BlockHeader> read_header(BytesView encoded) {
  auto header = evm::decode_header(encoded);
  if (!header) return corrupt("header_malformed", header.error().detail);
  if (header->timestamp > kMaxTimestamp) {
    return corrupt("header_malformed", "its time is out of bounds");
  }
  return header;
}

}  // namespace

Result<ProvenTransfer> verify_transfer_proof(BytesView proof) {
  if (proof.size() > kMaxProofBytes) return corrupt("proof_too_large", "no proof is that large");
  if (proof.empty() || proof.front() != kVersion) {
    return corrupt("proof_malformed", "it is not a proof of version 1");
  }
  const auto parts = split(proof.subspan(1));
  if (!parts) return corrupt("proof_malformed", parts.error().detail);
  TRY(const evm::BlockHeader header, read_header(parts->header));
  const Bytes key = evm::index_key(parts->tx_index);
  TRY(const BytesView encoded, evm::verify_trie_proof(header.receipts_root, key, parts->nodes));
  const auto receipt = evm::decode_receipt(encoded);
  if (!receipt) return corrupt("receipt_malformed", receipt.error().detail);
  if (const bool* succeeded = std::get_if<bool>(&receipt->outcome); succeeded && !*succeeded) {
    return corrupt("transaction_failed", "the transaction did not succeed");
  }
  if (parts->log_in_receipt >= receipt->logs.size()) {
    return corrupt("log_absent", "the receipt has fewer logs");
  }
  const evm::EventLog& log = receipt->logs[parts->log_in_receipt];
  const auto event = evm::decode_transfer_event(log.topics, log.data);
  if (!event) return corrupt("not_a_transfer", "the log is no ERC-20 Transfer");
  return ProvenTransfer{.block = header.hash,
                        .block_number = header.number,
                        .block_time = Time{std::chrono::seconds(header.timestamp)},
                        .tx_index = parts->tx_index,
                        .log_in_receipt = parts->log_in_receipt,
                        .token = log.address,
                        .from = event->from,
                        .to = event->to,
                        .value = event->value};
}

}  // namespace settled::chains::proof
