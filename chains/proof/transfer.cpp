#include "chains/proof/transfer.hpp"

#include <algorithm>

#include "chains/evm/rlp.hpp"

namespace settled::chains::proof {
namespace {

constexpr std::uint8_t kVersion = 1;

/// What a transfer's proof has more than its receipt's.
constexpr std::size_t kOwnBytes = 16;

std::unexpected<Error> malformed() {
  return fail(Errc::Corrupt, "proof_malformed", "the stored proof of a receipt cannot be read");
}

}  // namespace

std::uint32_t log_in_receipt(const ProvenBlock& block, const rpc::Log& log) {
  const auto first = std::ranges::find(block.logs, log.tx_index, &rpc::Log::tx_index);
  INVARIANT(first != block.logs.end() && first->log_index <= log.log_index);
  return log.log_index - first->log_index;
}

Result<Bytes> receipt_proof(const ProvenBlock& block, std::uint32_t tx_index) {
  evm::RlpWriter writer;
  writer.begin_list();
  writer.bytes(block.header.encoded);
  writer.integer(std::uint64_t{tx_index});
  writer.begin_list();
  for (const Bytes& node : block.receipts.prove(tx_index)) writer.bytes(node);
  writer.end_list();
  writer.end_list();
  Bytes out = writer.take();
  if (out.size() > kMaxProofBytes - kOwnBytes) {
    return fail(Errc::Rejected, "proof_too_large", "the transaction's receipt is too large");
  }
  return out;
}

Result<Bytes> transfer_proof(BytesView receipt_proof, std::uint32_t log_in_receipt) {
  evm::RlpReader whole(receipt_proof);
  auto parts = whole.list();
  if (!parts || !whole.done()) return malformed();
  const auto header = parts->bytes();
  const auto tx_index = parts->integer64();
  const auto nodes = parts->list();
  if (!header || !tx_index || !nodes || !parts->done()) return malformed();
  evm::RlpWriter writer;
  writer.begin_list();
  writer.bytes(*header);
  writer.integer(*tx_index);
  writer.integer(std::uint64_t{log_in_receipt});
  writer.begin_list();
  for (evm::RlpReader rest = *nodes; !rest.done();) {
    const auto node = rest.bytes();
    if (!node) return malformed();
    writer.bytes(*node);
  }
  writer.end_list();
  writer.end_list();
  Bytes out = writer.take();
  out.insert(out.begin(), kVersion);
  return out;
}

}  // namespace settled::chains::proof
