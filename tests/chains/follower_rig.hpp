#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "chains/follower.hpp"
#include "chains/rpc/pool.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/time.hpp"
#include "tests/chains/fake_nodes.hpp"

namespace settled::tests {

/// What the book does with what it is handed, and refuses.
struct Recorder {
  chains::Cursor cursor;
  std::vector<std::string> calls;  ///< "3,4 final 2", "rewind 7", "refused ..."
  std::map<std::uint64_t, std::vector<chains::SeenTransfer>> transfers;  ///< by block
  std::vector<Error> refuse;  ///< answers of the next hand-overs, the last one first

  Status blocks(const chains::BlockBatch& batch);
  Status rewind(const chains::BlockRef& to);
  std::vector<std::string> transfer_values() const;  ///< "block:base units"
};

/// A follower of scripted nodes that hands over to a Recorder, starting after block 0. Transfers
/// to address(1) are wanted. Time does not pass: the follower is woken instead.
class FollowerRig {
 public:
  explicit FollowerRig(chains::ChainSettings settings = fake_settings(), unsigned nodes = 1,
                       decltype(chains::Follower::Callbacks::due) due = {});
  ~FollowerRig();

  /// Lets the follower go on until that is so; fails the test where it never is.
  void until(const std::function<bool()>& reached);
  void until_head(std::uint64_t number);
  /// Lets the follower look at the chain some times.
  void look_around();

  FakeNodes nodes;
  FakeNode& node;  ///< the first one
  Recorder recorder;
  chains::Follower& follower() { return *follower_; }
  /// What the pool says of a node.
  chains::rpc::NodeHealth health(std::size_t index) const { return pool_->health().at(index); }
  std::vector<std::string> incidents;  ///< "node reason: detail"
  const chains::FollowStatus& status() const { return follower_->status(); }
  std::optional<Error> ended;      ///< what `run` returned
  std::vector<std::string> halts;  ///< the reason of each halt, and "goes on"

 private:
  void step();

  boost::asio::io_context io_;
  HastyClock clock_;
  SystemRandom random_;
  std::optional<chains::rpc::NodePool> pool_;
  std::optional<chains::Follower> follower_;
  boost::asio::cancellation_signal stop_;
};

/// `value` base units from address(2) to address(1), our own.
FakeTransfer payment(const std::string& name, std::uint64_t value);

}  // namespace settled::tests
