#include "chains/proven_block.hpp"

#include <algorithm>
#include <utility>

#include "chains/evm/bloom.hpp"
#include "chains/proof/block.hpp"
#include "chains/proof/header.hpp"
#include "chains/proof/transfer.hpp"

namespace settled::chains {
namespace {

using http::Task;

constexpr std::uint64_t kMaxTimestamp = 253'402'300'799;  // the end of the year 9999

Result<rpc::Header> header_of(const evm::BlockHeader& proven) {
  if (proven.timestamp > kMaxTimestamp) {
    return fail(Errc::Corrupt, "bad_answer", "the block's time is out of bounds");
  }
  rpc::Header out;
  out.number = proven.number;
  out.hash = proven.hash;
  out.parent = proven.parent;
  out.time = Time{std::chrono::seconds(proven.timestamp)};
  out.logs_bloom = proven.logs_bloom;
  return out;
}

bool may_hold(const evm::Bloom& bloom, const std::vector<evm::Address>& addresses,
              const evm::Hash& topic0) {
  return evm::may_contain(bloom, topic0.view()) &&
         std::ranges::any_of(addresses, [&](const evm::Address& address) {
           return evm::may_contain(bloom, address.view());
         });
}

}  // namespace

Task<Result<BlockRead>> proven_block(rpc::Node* node, std::uint64_t number,
                                     std::vector<evm::Address> addresses, evm::Hash topic0) {
  CO_TRY(const rpc::Document block, co_await node->block_document(number));
  CO_TRY(const proof::ProvenHeader proven, proof::prove_header(block));
  if (proven.header.number != number) {
    co_return fail(Errc::Corrupt, "another_block",
                   "the node answered another block than asked for");
  }
  BlockRead out;
  CO_TRY(out.told.header, header_of(proven.header));
  if (!may_hold(proven.header.logs_bloom, addresses, topic0)) co_return out;
  CO_TRY(const rpc::Document receipts,
         co_await node->receipts_document(out.told.header.hash, number));
  CO_TRY(proof::ProvenBlock whole, proof::prove_block(block, receipts));
  for (const rpc::Log& log : whole.logs) {
    const bool asked = !log.topics.empty() && log.topics.front() == topic0 &&
                       std::ranges::find(addresses, log.address) != addresses.end();
    if (asked) out.told.logs.push_back(log);
  }
  if (!out.told.logs.empty()) {
    out.proven = std::make_shared<const proof::ProvenBlock>(std::move(whole));
  }
  co_return out;
}

void add_proof(const proof::ProvenBlock& block, const rpc::Log& log,
               const std::vector<SeenTransfer>& before, SeenTransfer& transfer) {
  transfer.evidence = Evidence::Proven;
  const std::uint32_t place = proof::log_in_receipt(block, log);
  // By its place: the transaction's hash is the node's word. Log indexes of a proven block count
  // from 0.
  if (!before.empty() && block.logs.at(before.back().log_index).tx_index == log.tx_index) {
    if (before.back().log_in_receipt) transfer.log_in_receipt = place;
    return;
  }
  Result<Bytes> receipt = proof::receipt_proof(block, log.tx_index);
  if (!receipt) return;
  transfer.log_in_receipt = place;
  transfer.receipt_proof = *std::move(receipt);
}

}  // namespace settled::chains
