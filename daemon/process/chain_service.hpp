#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "chains/http/transport.hpp"
#include "chains/rpc/head_subscription.hpp"
#include "chains/rpc/pool.hpp"
#include "chains/second_look.hpp"
#include "chains/settings.hpp"
#include "daemon/async/signal.hpp"
#include "daemon/deposits/deposits.hpp"
#include "daemon/deposits/swept_blocks.hpp"
#include "daemon/payouts/sender.hpp"
#include "daemon/process/incidents.hpp"
#include "daemon/process/nursery.hpp"
#include "ledger/book.hpp"
#include "ledger/store/store.hpp"
#include "wallet/signer.hpp"

namespace settled::daemon::process {

/// All that works on one chain: its node pool, the way in, and a sender for each signer. A chain
/// that is in trouble holds up no other.
class ChainService {
 public:
  struct Seams {
    ledger::Book& book;
    ledger::store::Store& store;  ///< the book's
    chains::http::Transport& transport;
    const Clock& clock;
    Random& random;
    payouts::Sender::Log log;
    /// The node client's; without it no node's WebSocket is listened to.
    chains::rpc::HeadSubscription::Open open_socket = {};
  };
  /// `payers`: the signers that pay out on this chain. All references outlive the nursery's tasks.
  ChainService(const boost::asio::any_io_executor& executor, Seams seams,
               chains::ChainSettings settings, const std::vector<wallet::Signer*>& payers);

  void spawn_into(Nursery& nursery);
  /// No further payout is signed; what runs ends by cancellation.
  void stop();
  /// Something was committed.
  void wake();

  const chains::ChainSettings& settings() const { return settings_; }
  const chains::FollowStatus& status() const { return deposits_.status(); }
  std::vector<chains::rpc::NodeHealth> nodes() const { return nodes_.health(); }
  /// As the first node tells that knows of it. Errors: those of the node pool; NotFound.
  Task<Result<chains::rpc::SeenTransaction>> look_up(chains::evm::TxHash transaction);
  std::uint64_t tip() const { return nodes_.tip(); }
  /// By the node's name, what its WebSocket does; only of nodes that have one.
  std::vector<std::pair<std::string, chains::rpc::HeadSubscription::Health>> sockets() const;
  const std::vector<std::unique_ptr<payouts::Sender>>& senders() const { return senders_; }
  /// Why the chain could not be opened yet; empty once it is.
  const std::optional<Error>& opening_error() const { return opening_error_; }

 private:
  Task<void> follow();
  Task<void> pay(payouts::Sender* sender);
  Task<void> recheck_nodes();
  Task<void> sweep_later();
  Task<bool> book_missed(std::uint64_t number);
  chains::Wanted ours() const;
  Task<Status> open();
  void note(const Error& error);
  void tell_of_halt(const chains::FollowStatus& status);
  /// The chain is halted, or was not looked at since the start.
  bool is_unbelieved() const;

  Seams seams_;
  const chains::ChainSettings settings_;
  Incidents incidents_;
  chains::rpc::NodePool nodes_;
  deposits::Deposits deposits_;
  chains::SecondLook second_look_;
  deposits::SweptBlocks swept_blocks_;
  chains::LaterSweep later_sweep_;
  std::vector<std::unique_ptr<payouts::Sender>> senders_;
  struct Socket {
    std::string node;
    std::unique_ptr<chains::rpc::HeadSubscription> heads;
  };
  std::vector<Socket> sockets_;
  Signal pause_;
  Signal recheck_;
  Signal sweep_;
  std::vector<std::unique_ptr<Signal>> opened_;  // one for each sender
  std::optional<Error> opening_error_;
  bool open_ = false;
};

}  // namespace settled::daemon::process
