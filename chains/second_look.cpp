#include "chains/second_look.hpp"

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
  CO_TRY(Reading reading, co_await reader_.blocks(number, number));
  SeenBlock block = std::move(reading.blocks.front());
  CO_TRY_OK(co_await agree_on(block.block));
  co_return block;
}

Task<Status> SecondLook::agree_on(BlockRef block) {
  std::size_t alike = 0;
  std::size_t otherwise = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto header = co_await nodes_.call_node<rpc::Header>(
        i, [number = block.number](rpc::Node& node) { return node.block(number); });
    if (header) ++(header->hash == block.hash ? alike : otherwise);
  }
  if (alike >= kNodes && alike > otherwise) co_return Status{};
  co_return fail(Errc::Unavailable, "hash_not_agreed",
                 std::to_string(alike) + " nodes tell the hash of block " +
                     std::to_string(block.number) + " that its receipts are proven against, " +
                     std::to_string(otherwise) + " another");
}

}  // namespace settled::chains
