#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "chains/block_batch.hpp"
#include "chains/cursor.hpp"
#include "chains/follow_decisions.hpp"
#include "chains/http/task.hpp"
#include "chains/proven_block.hpp"
#include "chains/rpc/pool.hpp"
#include "chains/settings.hpp"
#include "chains/transfers.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains {

/// Blocks of a stretch that was asked for, linked to one another as far as they stand side by side.
struct Reading {
  evm::BlockHash before = {};          ///< of the block before the stretch: where it must follow
  std::vector<SeenBlock> blocks = {};  ///< never empty
  bool whole = true;                   ///< they reach to the end of the stretch
  std::size_t bytes = 0;               ///< of the answer, where it was one
};

/// The questions that a follower asks its nodes. All that must agree comes from one node, or with
/// evidence `quorum` from as many as must agree (chains/agreement.hpp). Errors
/// are the pool's (chains/rpc/node.hpp); an answer that contradicts itself, or a transfer whose
/// value the books could not hold, is Corrupt, and the next node is asked. Stateless; on the
/// io_context's thread. The settings, the pool and what `wanted` refers to must outlive it and
/// every question under way.
class ChainReader {
 public:
  ChainReader(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted);

  http::Task<Result<HeadsSeen>> heads();
  /// NotFound `no_such_block`.
  http::Task<Result<BlockRef>> block(std::uint64_t number);

  /// The blocks from ..= to that hold transfers of ours, and `to`, by one question for logs.
  /// REQUIRES: 0 < from <= to. Rejected `range_refused`: ask for fewer blocks.
  http::Task<Result<Reading>> range(std::uint64_t from, std::uint64_t to);
  /// The blocks from ..= to, all at once. Those up to the first that cannot be had or does not
  /// follow the one before it; an error only where the first cannot be had. REQUIRES: from <= to.
  http::Task<Result<Reading>> blocks(std::uint64_t from, std::uint64_t to);

  /// The block as that node alone tells it, by its place in the settings. REQUIRES: the evidence is
  /// not `quorum`. Errors also: Unavailable `no_node` where the node rests.
  http::Task<Result<SeenBlock>> block_of(std::size_t node, std::uint64_t number);

  /// The newest of the cursor's blocks that is the node's too; nothing where none is.
  /// Unavailable `lagging_backend` where the node's head is below them all.
  http::Task<Result<std::optional<BlockRef>>> ancestor(Cursor recent);

  /// That each token's contract is there and tells the decimals and the symbol of the settings.
  /// Rejected `token_mismatch`, naming the token, what was expected and what was found.
  http::Task<Status> check_tokens();

 private:
  using Ancestor = std::optional<BlockRef>;

  bool is_quorum() const { return settings_.evidence == Evidence::Quorum; }
  /// Of the node, or of a quorum where that is null; so also the other questions with a `node`.
  http::Task<Result<rpc::LogRange>> logs(rpc::Node* node, std::uint64_t from, std::uint64_t to);
  http::Task<Result<std::vector<rpc::Header>>> headers_of(rpc::Node* node,
                                                          std::vector<std::uint64_t> numbers);
  http::Task<Result<BlockRead>> agreed_block(std::uint64_t number);
  http::Task<Result<Ancestor>> agreed_ancestor(
      std::function<http::Task<Result<Ancestor>>(rpc::Node&)> ask);
  /// Says of its transfers that a quorum told them.
  http::Task<Result<Reading>> agreed(http::Task<Result<Reading>> reading);

  http::Task<Result<Reading>> range_from(rpc::Node* node, std::uint64_t from, std::uint64_t to);
  http::Task<Result<Reading>> blocks_from(rpc::Node* node, std::uint64_t from, std::uint64_t to);
  /// With the chain's evidence. Convicts a node that forges.
  http::Task<Result<BlockRead>> read_block(rpc::Node* node, std::uint64_t number);
  http::Task<Status> check_token(const TokenSettings* token);
  /// Nothing where the contract reverts or answers what `decode` refuses.
  template <typename T>
  http::Task<Result<std::optional<T>>> read(evm::Address contract, Bytes calldata,
                                            Result<T> (*decode)(BytesView));

  const ChainSettings& settings_;
  rpc::NodePool& nodes_;
  Wanted wanted_;
  std::vector<evm::Address> token_addresses_;
};

}  // namespace settled::chains
