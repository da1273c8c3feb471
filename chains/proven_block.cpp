#include "chains/proven_block.hpp"

#include <algorithm>
#include <utility>

#include "chains/evm/bloom.hpp"
#include "chains/proof/block.hpp"
#include "chains/proof/header.hpp"

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

Task<Result<rpc::BlockWithLogs>> proven_block(rpc::Node* node, std::uint64_t number,
                                              std::vector<evm::Address> addresses,
                                              evm::Hash topic0) {
  CO_TRY(const rpc::Document block, co_await node->block_document(number));
  CO_TRY(const proof::ProvenHeader proven, proof::prove_header(block));
  if (proven.header.number != number) {
    co_return fail(Errc::Corrupt, "another_block",
                   "the node answered another block than asked for");
  }
  rpc::BlockWithLogs out;
  CO_TRY(out.header, header_of(proven.header));
  if (!may_hold(proven.header.logs_bloom, addresses, topic0)) co_return out;
  CO_TRY(const rpc::Document receipts, co_await node->receipts_document(out.header.hash));
  CO_TRY(proof::ProvenBlock whole, proof::prove_block(block, receipts));
  for (rpc::Log& log : whole.logs) {
    const bool asked = !log.topics.empty() && log.topics.front() == topic0 &&
                       std::ranges::find(addresses, log.address) != addresses.end();
    if (asked) out.logs.push_back(std::move(log));
  }
  co_return out;
}

}  // namespace settled::chains
