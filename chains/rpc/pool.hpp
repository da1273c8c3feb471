#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chains/rpc/bell.hpp"
#include "chains/rpc/chain_tip.hpp"
#include "chains/rpc/node.hpp"
#include "chains/rpc/node_standing.hpp"
#include "chains/rpc/strays.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

struct NodeHealth {
  std::string name;
  NodeState state = NodeState::Down;
  std::string reason;                 ///< why it is not ok, in a word; empty where it is
  std::string detail;                 ///< the same for people
  std::optional<Time> last_success;   ///< of any answer that passed its checks
  std::optional<std::uint64_t> head;  ///< the latest block that it told
  std::uint32_t score = 0;            ///< what speaks against it, as in NodeScore
  std::uint64_t forgeries = 0;        ///< how often it was convicted
  std::uint64_t disagreements = 0;    ///< how often it alone told something else
};

/// The nodes of one chain. Questions go to the best usable node, and on to the next one when it
/// fails, or is slower than it mostly is; a node is used only after it answered the right chain id.
/// On the io_context's thread, which does not run on after the pool is destroyed: a node that hangs
/// is left behind, not waited for.
class NodePool {
 public:
  struct Settings {
    std::uint64_t chain_id = 0;
    /// Nodes whose latest blocks are no further apart are of one opinion; one that is further
    /// behind the tip is lagging.
    std::uint64_t max_blocks_behind = 5;
    std::vector<Node::Settings> nodes;  ///< never empty
    /// Told of each conviction, for the log.
    std::function<void(const std::string& node, const Error&)> on_forgery = {};
    /// Of the nodes, so many must have reached a block, or call it final. At most their number.
    std::size_t min_agreeing_nodes = 1;
    /// Told of what somebody should look at: `nodes_disagree`, `finality_regress`,
    /// `implausible_head`, `wrong_chain_id`.
    std::function<void(const std::string& node, const Error&)> on_incident = {};
    Wait wait = wait_by_timer;
  };

  /// The references must outlive the pool and every question that is under way.
  NodePool(http::Transport& transport, const Clock& clock, Random& random, Settings settings);
  ~NodePool();
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;

  /// Asks all nodes for their chain id at once. Unavailable `no_node` if none answered the right
  /// one; later questions go on trying.
  Task<Status> start();

  /// Asks nodes in order (ok ones first, then lagging ones, then those whose rest is over; the
  /// better score first, then the settings' order) until one answers. The next one is asked after
  /// Unavailable, Timeout, Corrupt and NotFound, since another node may know more, and after an
  /// error that no node's dialect explains (`rpc_error`, `method_not_found`); every other error is
  /// the answer. Where none answered: NotFound if a node said so, else the last error, or
  /// Unavailable `no_node` if all are resting. The node stays valid while `ask` runs:
  ///   co_await pool.call<Header>([](Node& node) { return node.block(Tag::Latest); });
  /// One question of a read that lasts longer than 95 of 100 of the node's latest (at least 100 ms;
  /// 1 s until eight are known) is asked of the next node too: the first answer counts, the other
  /// is cancelled before `call` returns. So `ask` runs twice at once, and never writes.
  template <typename T>
  Task<Result<T>> call(std::function<Task<Result<T>>(Node&)> ask) {
    std::optional<Result<T>> answer;
    const Visit visit = [&ask, &answer](Node& node) -> Task<std::optional<Error>> {
      Result<T> told = co_await ask(node);
      std::optional<Error> error = told ? std::nullopt : std::optional(told.error());
      if (!answer && (!error || is_answer(*error))) answer = std::move(told);
      co_return error;
    };
    Status found = co_await ask_in_turn(&visit);
    if (!found) co_return std::unexpected(std::move(found).error());
    co_return *std::move(answer);
  }

  /// Asks that node alone, whatever others would say. Unavailable `no_node` where it rests.
  /// REQUIRES: a node's place in the settings.
  template <typename T>
  Task<Result<T>> call_node(std::size_t index, std::function<Task<Result<T>>(Node&)> ask) {
    std::optional<Result<T>> answer;
    const Visit visit = [&ask, &answer](Node& node) -> Task<std::optional<Error>> {
      answer = co_await ask(node);
      co_return *answer ? std::nullopt : std::optional(answer->error());
    };
    Status asked = co_await ask_one(index, &visit);
    if (!asked) co_return std::unexpected(std::move(asked).error());
    co_return *std::move(answer);
  }

  /// The latest block to go by and the newest final one (ChainTip). All nodes are asked at once;
  /// one that takes longer than 100 ms is not waited for once enough have answered, and marks as
  /// lagging what is behind. Where all nodes lag, the highest answer. With several
  /// `min_agreeing_nodes`: Unavailable `no_quorum`, with what each node says.
  Task<Result<Heads>> heads();

  /// A question to one node; what went wrong, or nothing.
  using Visit = std::function<Task<std::optional<Error>>(Node&)>;
  /// Puts one question to all usable nodes at once and returns as soon as `enough`, or when all
  /// have answered. What still runs goes on in the background: `visit` owns what it uses. A node
  /// that leaves 64 questions open is asked no further one.
  Task<void> each(Visit visit, Strays::Enough enough);

  /// Sends each transaction to every node that is not resting (to all, if all are) at once. One
  /// result for each transaction: its hash if a node took it or had it, else a node's refusal, else
  /// a failure to reach any. Returns as soon as each was taken by a node; the other nodes are sent
  /// it all the same, in the background. Neither a refusal nor a failure proves that no node keeps
  /// it.
  Task<std::vector<Result<TxHash>>> broadcast(std::vector<Bytes> signed_transactions);

  /// Asks nodes that are not ok, or have not been asked for a while, for their chain id and head,
  /// so that they come back and their health is told truly. To be awaited every few seconds; waits
  /// a second at most.
  Task<void> recheck();

  /// The node has told what is proven false. It is Distrusted and asked nothing for five seconds,
  /// and for twice as long each time that it is convicted again, up to ten minutes. REQUIRES: a
  /// node of this pool, also of the next two.
  void convict(const Node& node, const Error& error);
  /// The node alone told something else than those that agree. With `lies` (of the same block, so
  /// that no fork explains it) it is set aside as above.
  void dissents(const Node& node, const Error& error, bool lies);
  void agrees(const Node& node);

  std::vector<NodeHealth> health() const;
  /// The chain's height by the nodes, which never goes back; 0 before the first `heads`.
  std::uint64_t tip() const { return tip_.number(); }
  std::size_t min_agreeing_nodes() const { return settings_.min_agreeing_nodes; }
  std::size_t size() const { return members_.size(); }
  const std::string& name(std::size_t index) const { return names_[index]; }
  /// Questions that go on though their asker has enough.
  std::size_t under_way() const { return strays_.under_way(); }

 private:
  struct Member;
  class Question;
  struct HeadRound;
  struct Sending;
  using MemberPtr = std::shared_ptr<Member>;

  /// One question's way through the nodes.
  class Attempt {
   public:
    explicit Attempt(NodePool& pool);
    /// The next usable node that has answered the right chain id; nothing when there is none left.
    Task<Question> next();
    bool has_next() const { return position_ < order_.size(); }
    /// Takes down how the node did. True if its answer is to be returned.
    bool settled_by(Member& member, const std::optional<Error>& error);
    Error failure() const;

   private:
    NodePool& pool_;
    std::vector<MemberPtr> order_;
    std::size_t position_ = 0;
    std::optional<Error> failure_;
  };

  /// Is it about the question, so that no other node would answer more?
  static bool is_answer(const Error& error);

  Task<Status> ask_in_turn(const Visit* visit);
  Task<Status> ask_one(std::size_t index, const Visit* visit);
  Task<bool> visit_one(Attempt* attempt, Member* member, const Visit* visit);
  Task<bool> visit_hedged(Attempt* attempt, Member* first, const Visit* visit);

  std::vector<MemberPtr> in_order() const;
  Member& member_of(const Node& node);
  Task<Status> verify(Member* member);
  Task<void> verify_in_background(MemberPtr member);
  Task<void> hear_heads(Question question, std::shared_ptr<HeadRound> round, bool awaited);
  Task<Result<Heads>> heads_of(Member* member);
  Task<void> visit_in_background(Question question, Visit visit);
  Task<void> send_in_background(MemberPtr member, std::shared_ptr<Sending> sending);
  void answered(Member& member, const std::optional<Error>& error);
  void failed(Member& member, const Error& error);
  void incident(const Member& member, const Error& error);

  const Clock& clock_;
  Random& random_;
  Settings settings_;
  ChainTip tip_;
  std::vector<std::string> names_;
  std::vector<MemberPtr> members_;
  Strays strays_;
};

}  // namespace settled::chains::rpc
