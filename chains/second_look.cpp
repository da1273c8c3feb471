#include "chains/second_look.hpp"

#include <algorithm>
#include <map>
#include <optional>
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
  const std::vector<Told> told = co_await hashes(number);
  CO_TRY(const evm::BlockHash hash, agreed(told, number));
  // Not of whichever node the pool likes best: with a block of its own it would be in the way of
  // those that agree for as long as it answers.
  std::optional<Error> failure;
  for (const Told& each : told) {
    if (each.hash != hash) continue;
    auto block = co_await reader_.block_of(each.node, number);
    if (block && block->block.hash == hash) co_return block;
    failure = block ? Error{Errc::Unavailable, "hash_not_agreed",
                            nodes_.name(each.node) + " told another hash of block " +
                                std::to_string(number) + " than before"}
                    : block.error();
  }
  INVARIANT(failure.has_value());
  co_return std::unexpected(*std::move(failure));
}

Result<evm::BlockHash> SecondLook::agreed(const std::vector<Told>& told,
                                          std::uint64_t number) const {
  std::map<evm::BlockHash, std::size_t> tellers;
  for (const Told& each : told) ++tellers[each.hash];
  const auto most = std::ranges::max_element(tellers, {}, [](const auto& at) { return at.second; });
  const std::size_t alike = most == tellers.end() ? 0 : most->second;
  const std::size_t otherwise = told.size() - alike;
  if (alike >= kNodes && alike > otherwise) return most->first;
  return fail(Errc::Unavailable, "hash_not_agreed",
              std::to_string(alike) + " of " + std::to_string(nodes_.size()) +
                  " nodes tell the same hash of block " + std::to_string(number) + ", and " +
                  std::to_string(otherwise) + " another");
}

Task<std::vector<SecondLook::Told>> SecondLook::hashes(std::uint64_t number) {
  std::vector<Told> out;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto header = co_await nodes_.call_node<rpc::Header>(
        i, [number](rpc::Node& node) { return node.block(number); });
    if (header) out.push_back({.node = i, .hash = header->hash});
  }
  co_return out;
}

}  // namespace settled::chains
