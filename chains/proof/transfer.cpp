#include "chains/proof/transfer.hpp"

#include <algorithm>

#include "chains/evm/rlp.hpp"

namespace settled::chains::proof {
namespace {

constexpr std::uint8_t kVersion = 1;

std::uint64_t log_in_receipt(const ProvenBlock& block, const rpc::Log& log) {
  const auto first = std::ranges::find(block.logs, log.tx_index, &rpc::Log::tx_index);
  INVARIANT(first != block.logs.end() && first->log_index <= log.log_index);
  return log.log_index - first->log_index;
}

}  // namespace

Result<Bytes> transfer_proof(const ProvenBlock& block, const rpc::Log& log) {
  evm::RlpWriter writer;
  writer.begin_list();
  writer.bytes(block.header.encoded);
  writer.integer(std::uint64_t{log.tx_index});
  writer.integer(log_in_receipt(block, log));
  writer.begin_list();
  for (const Bytes& node : block.receipts.prove(log.tx_index)) writer.bytes(node);
  writer.end_list();
  writer.end_list();
  Bytes out = writer.take();
  out.insert(out.begin(), kVersion);
  if (out.size() > kMaxProofBytes) {
    return fail(Errc::Rejected, "proof_too_large", "the transaction's receipt is too large");
  }
  return out;
}

}  // namespace settled::chains::proof
