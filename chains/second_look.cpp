#include "chains/second_look.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace settled::chains {
namespace {

using http::Task;

ChainSettings proven(ChainSettings settings) {
  settings.evidence = Evidence::Proven;
  return settings;
}

}  // namespace

SecondLook::SecondLook(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted)
    : settings_(proven(settings)), nodes_(nodes), reader_(settings_, nodes, std::move(wanted)) {}

Task<Result<SeenBlock>> SecondLook::at(std::uint64_t number) {
  INVARIANT(settings_.provable);
  // Before the block is read: a node that is convicted by it rests, and could not be asked.
  const std::vector<evm::BlockHash> told = co_await hashes(number);
  CO_TRY(Reading reading, co_await reader_.blocks(number, number));
  SeenBlock block = std::move(reading.blocks.front());
  const auto alike = static_cast<std::size_t>(std::ranges::count(told, block.block.hash));
  const std::size_t otherwise = told.size() - alike;
  if (alike >= kNodes && alike > otherwise) co_return block;
  co_return fail(Errc::Unavailable, "hash_not_agreed",
                 std::to_string(alike) + " nodes tell the hash of block " + std::to_string(number) +
                     " that its receipts are proven against, " + std::to_string(otherwise) +
                     " another");
}

Task<std::vector<evm::BlockHash>> SecondLook::hashes(std::uint64_t number) {
  std::vector<evm::BlockHash> out;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto header = co_await nodes_.call_node<rpc::Header>(
        i, [number](rpc::Node& node) { return node.block(number); });
    if (header) out.push_back(header->hash);
  }
  co_return out;
}

}  // namespace settled::chains
