#include <utility>

#include "chains/agreement.hpp"
#include "chains/chain_reader.hpp"
#include "chains/evm/abi.hpp"

/// What a quorum of nodes says alike, where evidence is `quorum`. Those that are late may still be
/// answering when the asker has gone on, so every question owns what it asks for.
namespace settled::chains {

using http::Task;

Task<Result<rpc::LogRange>> ChainReader::logs(rpc::Node* node, std::uint64_t from,
                                              std::uint64_t to) {
  if (node != nullptr) {
    co_return co_await node->logs(from, to, token_addresses_, evm::kTransferTopic);
  }
  using Range = rpc::LogRange;
  co_return co_await agree<Range>(
      &nodes_, [tokens = token_addresses_, from, to](rpc::Node& each) -> Task<Result<Told<Range>>> {
        CO_TRY(Range range, co_await each.logs(from, to, tokens, evm::kTransferTopic));
        Account account = account_of(range.last, range.logs);
        co_return Told<Range>{std::move(range), std::move(account)};
      });
}

Task<Result<std::vector<rpc::Header>>> ChainReader::headers_of(rpc::Node* node,
                                                               std::vector<std::uint64_t> numbers) {
  if (node != nullptr) co_return co_await node->headers(std::move(numbers));
  using Headers = std::vector<rpc::Header>;
  co_return co_await agree<Headers>(
      &nodes_, [numbers = std::move(numbers)](rpc::Node& each) -> Task<Result<Told<Headers>>> {
        CO_TRY(Headers headers, co_await each.headers(numbers));
        Account account = account_of(headers);
        co_return Told<Headers>{std::move(headers), std::move(account)};
      });
}

Task<Result<BlockRead>> ChainReader::agreed_block(std::uint64_t number) {
  using Block = rpc::BlockWithLogs;
  BlockRead out;
  CO_TRY(out.told,
         co_await agree<Block>(
             &nodes_,
             [tokens = token_addresses_, number](rpc::Node& each) -> Task<Result<Told<Block>>> {
               CO_TRY(Block block,
                      co_await each.block_with_logs(number, tokens, evm::kTransferTopic));
               Account account = account_of(block.header, block.logs);
               co_return Told<Block>{std::move(block), std::move(account)};
             }));
  co_return out;
}

Task<Result<ChainReader::Ancestor>> ChainReader::agreed_ancestor(
    std::function<Task<Result<Ancestor>>(rpc::Node&)> ask) {
  co_return co_await agree<Ancestor>(
      &nodes_, [ask = std::move(ask)](rpc::Node& each) -> Task<Result<Told<Ancestor>>> {
        CO_TRY(Ancestor found, co_await ask(each));
        Account account = account_of(found);
        co_return Told<Ancestor>{found, std::move(account)};
      });
}

Task<Result<Reading>> ChainReader::agreed(Task<Result<Reading>> reading) {
  CO_TRY(Reading out, co_await std::move(reading));
  for (SeenBlock& block : out.blocks) {
    for (SeenTransfer& transfer : block.transfers) transfer.evidence = Evidence::Quorum;
  }
  co_return out;
}

}  // namespace settled::chains
