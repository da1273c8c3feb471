#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "chains/rpc/pool.hpp"
#include "chains/settings.hpp"
#include "daemon/async/book.hpp"
#include "daemon/async/signal.hpp"
#include "daemon/payouts/plan.hpp"
#include "ledger/book.hpp"
#include "ledger/types/time.hpp"
#include "wallet/signer.hpp"

namespace settled::daemon::payouts {

/// Sends the payouts of one signer on one chain. The only one who signs with it, so that nonces
/// follow one another without gaps: nonce and signed bytes are committed in one step before the
/// first byte leaves, and after a restart the same bytes go out again. How a payout ends is told by
/// receipts in blocks that the follower has seen become final.
/// On the io_context's thread; all references must outlive `run`.
class Sender {
 public:
  struct Settings {
    /// Unmined transactions at a time. Nodes' pools keep 64 of an account at the least and far
    /// more while they are not full; what one drops is sent again.
    std::size_t max_in_flight = 256;
  };
  using Log = std::function<void(std::string_view)>;

  Sender(const boost::asio::any_io_executor& executor, ledger::Book& book,
         chains::rpc::NodePool& nodes, const chains::ChainSettings& chain, wallet::Signer& signer,
         const Clock& clock, Log log, Settings settings);

  /// Binds the signer to the chain in the books and books its opening balances at the chain's head
  /// block; must succeed before blocks are followed, so that no transfer is counted twice or never.
  /// Nothing is asked of a node where all is opened and a nonce is known already.
  Task<Status> open();
  /// Works until `stop`. REQUIRES: `open` succeeded.
  Task<void> run();
  /// One look at all open payouts, which `run` repeats: sends again what is due, settles what is
  /// final, signs and sends what can be paid. One at a time.
  Task<Status> step();
  void stop();
  /// While that is so nothing is signed, sent or settled: the chain is not to be believed. What was
  /// sent before is in the nodes' hands. Before `run`.
  void hold_while(std::function<bool()> halted) { halted_ = std::move(halted); }
  /// Something was committed: look again.
  void wake() { signal_.ring(); }

  /// Why a queued payout is not sent: "liquidity", "gas", "node"; "chain" while the chain is
  /// halted; "release" while all are held after a restore.
  std::optional<std::string> waiting_for(std::string_view raw_payout_id) const;

  struct Health {
    std::optional<Time> oldest_unconfirmed;
    std::optional<std::uint64_t> gas_runway;  ///< how many payouts the native balance pays for
  };
  const Health& health() const { return health_; }
  const std::string& signer_name() const { return signer_.name(); }
  const std::string& chain_name() const { return chain_.name; }

 private:
  Task<Status> send_due(Situation situation);
  Task<Status> settle(Situation situation, std::uint64_t final_number);
  Task<Status> mark_unknown(std::vector<pb::Payout> sent, std::uint64_t final_number);
  /// `chain_seen`: changes with the chain's head and final block.
  Task<Status> submit(Situation situation, std::string chain_seen);
  bool waits_unchanged(const Situation& situation, const std::string& chain_seen);
  Task<Status> sign_and_record(std::vector<pb::Payout> payouts, std::vector<std::uint64_t> gas,
                               FeeCaps caps);
  Task<Result<std::vector<std::uint64_t>>> estimate(std::vector<pb::Payout>* payouts);
  Task<Result<Funds>> balances(std::vector<evm::Address> tokens, chains::rpc::BlockTag at);
  Task<Status> observe_native();
  Task<Status> raise_nonce();
  Result<pb::SignerState> state() const;
  void note(const Error& error);

  ledger::Book& book_;
  chains::rpc::NodePool& nodes_;
  const chains::ChainSettings& chain_;
  wallet::Signer& signer_;
  const Clock& clock_;
  Log log_;
  Settings settings_;
  Signal signal_;
  std::function<bool()> halted_;
  SendHistory history_;
  std::map<std::string, std::string> waiting_;
  Health health_;
  struct Look {
    std::string view;  ///< the chain and the queue
    Time at;
  };
  Look looked_;                    ///< the last time that queued payouts were weighed
  std::string receipts_asked_at_;  ///< what of the chain was seen then
  bool native_due_ = true;         ///< something was settled since the balance was compared
  Time native_asked_;
  std::uint64_t opened_at_ = 0;  ///< block of the opening balances that this process booked
  bool stopping_ = false;
  std::string last_error_;
};

}  // namespace settled::daemon::payouts
