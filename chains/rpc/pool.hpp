#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chains/rpc/node.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

enum class NodeState { Ok, Lagging, Throttled, Down, Distrusted };
/// The words of GET /health: "ok", "lagging", "throttled", "down", "distrusted".
std::string_view to_string(NodeState state);

struct NodeHealth {
  std::string name;
  NodeState state = NodeState::Down;
  std::string detail;                ///< why it is not ok, for people
  std::optional<Time> last_success;  ///< of any answer that passed its checks
  std::uint64_t forgeries = 0;       ///< how often it was convicted
};

/// The nodes of one chain in the order of the settings. Questions go to the first usable node and
/// on to the next one when it fails; a node is used only after it answered the right chain id.
/// On the io_context's thread.
class NodePool {
 public:
  struct Settings {
    std::uint64_t chain_id = 0;
    /// A node whose latest block is further behind the highest one seen is lagging.
    std::uint64_t max_blocks_behind = 5;
    std::vector<Node::Settings> nodes;  ///< never empty
    /// Told of each conviction, for the log.
    std::function<void(const std::string& node, const Error&)> on_forgery = {};
  };

  /// The references must outlive the pool and every question that is under way.
  NodePool(http::Transport& transport, const Clock& clock, Random& random, Settings settings);
  ~NodePool();
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;

  /// Asks all nodes for their chain id at once. Unavailable `no_node` if none answered the right
  /// one; later questions go on trying.
  Task<Status> start();

  /// Asks nodes in order (ok ones first, then lagging ones, then those whose rest is over) until
  /// one answers. The next one is asked after Unavailable, Timeout, Corrupt and NotFound, since
  /// another node may know more, and after an error that no node's dialect explains (`rpc_error`,
  /// `method_not_found`); every other error is the answer. Where none answered: NotFound if
  /// a node said so, else the last error, or Unavailable `no_node` if all are resting. The node
  /// stays valid while `ask` runs:
  ///   co_await pool.call<Header>([](Node& node) { return node.block(Tag::Latest); });
  template <typename T>
  Task<Result<T>> call(std::function<Task<Result<T>>(Node&)> ask) {
    Attempt attempt(*this);
    while (Node* node = co_await attempt.next()) {
      Result<T> answer = co_await ask(*node);
      if (attempt.settled_by(answer ? nullptr : &answer.error())) co_return answer;
    }
    co_return std::unexpected(attempt.failure());
  }

  /// `Node::heads`, and marks nodes as lagging by it. Where all nodes lag, the highest answer.
  Task<Result<Heads>> heads();

  /// Sends each transaction to every node that is not resting (to all, if all are) at once. One
  /// result for each transaction: its hash if a node took it or had it, else a node's refusal, else
  /// a failure to reach any. Neither a refusal nor a failure proves that no node keeps it.
  Task<std::vector<Result<TxHash>>> broadcast(std::vector<Bytes> signed_transactions);

  /// Asks nodes that are not ok, or have not been asked for a while, for their chain id and head,
  /// so that they come back and their health is told truly. To be awaited every few seconds.
  Task<void> recheck();

  /// The node has told what is proven false. It is Distrusted and asked nothing for five seconds,
  /// and for twice as long each time that it is convicted again, up to ten minutes. REQUIRES: a
  /// node of this pool.
  void convict(const Node& node, const Error& error);

  std::vector<NodeHealth> health() const;

 private:
  struct Member;

  /// One question's way through the nodes.
  class Attempt {
   public:
    explicit Attempt(NodePool& pool);
    /// The next usable node that has answered the right chain id; nothing when there is none left.
    Task<Node*> next();
    Task<Member*> next_member();
    /// Takes down how the node did. True if its answer is to be returned.
    bool settled_by(const Error* error);
    Error failure() const;

   private:
    NodePool& pool_;
    std::vector<Member*> order_;
    std::size_t position_ = 0;
    std::optional<Error> failure_;
  };

  bool is_resting(const Member& member) const;
  bool is_distrusted(const Member& member) const;
  std::vector<Member*> in_order() const;
  Task<Status> verify(Member* member);
  Task<Result<Heads>> heads_of(Member* member);
  void succeeded(Member& member);
  void failed(Member& member, const Error& error);
  void rest(Member& member, std::chrono::milliseconds duration);
  std::chrono::milliseconds backoff(const Member& member);
  Task<void> for_each(std::vector<Member*> members, std::function<Task<void>(Member*)> visit);

  const Clock& clock_;
  Random& random_;
  Settings settings_;
  std::uint64_t highest_ = 0;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace settled::chains::rpc
