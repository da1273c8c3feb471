#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chains/cursor.hpp"
#include "chains/http/task.hpp"
#include "chains/rpc/pool.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

/// Evidence `quorum`: what several nodes say alike, each asked for itself.
namespace settled::chains {

/// What a node says, in a form that is compared with what others say.
struct Account {
  struct Mark {
    std::uint64_t block = 0;
    std::uint32_t log_index = 0;
    evm::TxHash tx_hash;
    evm::Hash digest;

    friend bool operator==(const Mark&, const Mark&) = default;
  };

  evm::Hash digest;  ///< keccak-256 over all that must be alike
  std::string words;
  evm::BlockHash block;         ///< of the last block
  std::vector<Mark> logs = {};  ///< by block and log index
};

/// Of a block, or of a range that ends with it, and the logs that were asked for. The digest covers
/// number, hash, parent and time of the block, and every field of every log; nothing that nodes
/// tell differently, as the bloom or the base fee. Pure.
Account account_of(const rpc::Header& last, const std::vector<rpc::Log>& logs);
/// Of several blocks: their numbers, hashes, parents and times. REQUIRES: one at least. Pure.
Account account_of(const std::vector<rpc::Header>& blocks);
/// Of the block at which two chains part; nothing where they share none. Pure.
Account account_of(const std::optional<BlockRef>& ancestor);

/// The logs that `other` lacks, has besides, or tells otherwise; at most three are named. Pure.
std::string difference(const Account& agreed, const Account& other);

/// One question, put to several nodes: who says what, and whether enough say the same. Pure.
class Ballot {
 public:
  explicit Ballot(std::size_t needed) : needed_(needed) {}

  /// The vote's index. A node votes once.
  std::size_t vote(std::string node, Account account);
  void refuse(std::string node, Error error);

  bool decided() const { return winner_.has_value(); }
  /// The first vote of those that agree.
  std::optional<std::size_t> winner() const { return winner_; }
  /// Nothing where the vote is what was agreed upon. REQUIRES: decided.
  std::optional<Error> dissent(std::size_t vote) const;
  /// Is it of the same block as what was agreed upon, so that no fork explains it?
  bool lies(std::size_t vote) const;

  /// Why nothing was agreed upon, and who says what: Rejected `range_refused` where a node refuses
  /// the range; NotFound `no_such_block` where no node has it; Unavailable `nodes_disagree`, or
  /// `no_quorum` where too few answered. `unasked`: nodes that could not be asked.
  Error failure(const std::string& unasked) const;

 private:
  struct Vote {
    std::string node;
    Account account;
  };
  std::size_t needed_;
  std::vector<Vote> votes_;
  std::vector<std::pair<std::string, Error>> refusals_;
  std::optional<std::size_t> winner_;
};

template <typename T>
struct Told {
  T value;
  Account account;
};

/// Asks all usable nodes at once and returns what the pool's `min_agreeing_nodes` of them say
/// alike, as soon as they do. A node that says otherwise then, or later, is told of to the pool; a
/// node that tells other logs of the same block is set aside. `ask` owns what it uses, since a node
/// that hangs may answer when all is over. Errors: those of Ballot::failure.
template <typename T>
http::Task<Result<T>> agree(rpc::NodePool* nodes,
                            std::function<http::Task<Result<Told<T>>>(rpc::Node&)> ask) {
  struct Round {
    explicit Round(std::size_t needed) : ballot(needed) {}
    Ballot ballot;
    std::vector<std::pair<const rpc::Node*, std::optional<T>>> values;
    std::size_t judged = 0;
    std::string names;
  };
  const auto round = std::make_shared<Round>(nodes->min_agreeing_nodes());
  const rpc::NodePool::Visit visit = [nodes, round,
                                      ask](rpc::Node& node) -> http::Task<std::optional<Error>> {
    Result<Told<T>> told = co_await ask(node);
    round->names += node.name() + ";";
    if (!told) {
      round->ballot.refuse(node.name(), told.error());
      co_return told.error();
    }
    round->ballot.vote(node.name(), std::move(told->account));
    round->values.emplace_back(&node, std::move(told->value));
    for (; round->ballot.decided() && round->judged < round->values.size(); ++round->judged) {
      const auto dissent = round->ballot.dissent(round->judged);
      const rpc::Node& judged = *round->values[round->judged].first;
      if (!dissent) nodes->agrees(judged);
      if (dissent) nodes->dissents(judged, *dissent, round->ballot.lies(round->judged));
    }
    co_return std::nullopt;
  };
  co_await nodes->each(visit, [round](bool) { return round->ballot.decided(); });
  if (const auto winner = round->ballot.winner()) {
    co_return std::move(*round->values[*winner].second);
  }
  std::string unasked;
  for (const rpc::NodeHealth& node : nodes->health()) {
    if (round->names.contains(node.name + ";")) continue;
    unasked += "; " + node.name + ": " + std::string(rpc::to_string(node.state)) +
               (node.detail.empty() ? "" : ", " + node.detail);
  }
  co_return std::unexpected(round->ballot.failure(unasked));
}

}  // namespace settled::chains
