#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "chains/rpc/pool.hpp"
#include "chains/settings.hpp"
#include "daemon/payouts/sender.hpp"
#include "tests/chains/rpc/scripted_node.hpp"
#include "tests/support/book_fixture.hpp"
#include "wallet/signer.hpp"

namespace settled::daemon::payouts {

/// What the node knows, and how it answers.
struct NodeView {
  std::map<std::string, std::string> native;  ///< block or tag -> wei as a quantity; else `latest`
  std::uint64_t usdc = 1'000'000'000;         ///< base units of the signer
  std::map<std::string, std::uint64_t> usdc_at;  ///< where a block told another balance
  std::uint64_t nonce = 0;
  std::string fork = "a";  ///< whose blocks it shows
  std::uint64_t gas = 50'000;
  std::uint64_t base_fee = 1'000'000'000;
  std::map<std::string, nlohmann::json> receipts;  ///< by 0x hash
  /// Transfers that would revert, by the payee's raw address; an error object.
  std::map<std::string, nlohmann::json> refusals;
  /// What becomes of bytes that are sent: nothing, or an error object.
  std::function<std::optional<nlohmann::json>(const Bytes& raw)> on_raw;
};

/// A signer's sender over a real book and one scripted node. Steps run one by one until nothing is
/// left to do, so nothing here waits for time to pass.
class World {
 public:
  World();
  ~World();

  void open_chain();
  /// The chain, `Sender::open` and one merchant with 500 USDC.
  void set_up();
  Status open();
  /// One look of the sender.
  Status step();
  /// A new process over the same book: no memory of what was sent.
  void restart();

  std::string queue(std::string_view amount, const std::string& to = tests::address_of("payee"));
  std::vector<ledger::pb::Payout> queue_several(std::size_t count, std::string_view amount);
  ledger::pb::Payout payout(const std::string& id) { return books.payout(id); }
  /// Mines the payout's token transfer into the next block of the books and the node's receipts.
  void mine(const std::string& id, std::uint64_t final_number = 0);
  void set_receipt(const std::string& id, std::uint64_t block_number, bool succeeded);
  /// An empty block; everything up to `final_number` is final.
  void block(std::uint64_t final_number = 0);
  std::uint64_t head() { return books.chain().head().number(); }
  std::uint64_t next_nonce();
  /// Every connection is refused from now on.
  void go_down();
  void come_back();
  std::size_t count(std::string_view method) const;
  std::size_t questions() const { return nodes.requests.size(); }

  tests::BookFixture books;
  NodeView view;
  Sender::Settings settings;  ///< of the next `restart`
  chains::rpc::ScriptedNodes nodes;
  std::function<void()> on_fees;  ///< called when fees are asked for: just before signing
  std::vector<Bytes> raw_seen;    ///< in the order in which the node got them
  std::vector<std::string> log;
  std::string merchant;
  std::unique_ptr<wallet::Signer> signer;

  Sender& sender() { return *sender_; }
  boost::asio::io_context& io() { return io_; }

 private:
  void script();
  Status run(Task<Status> task);

  boost::asio::io_context io_;
  tests::SeededRandom random_;
  chains::ChainSettings chain_;
  std::unique_ptr<chains::rpc::NodePool> pool_;
  std::unique_ptr<Sender> sender_;
};

}  // namespace settled::daemon::payouts
