#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "chains/http/client.hpp"
#include "config/settings.hpp"
#include "daemon/api/api.hpp"
#include "daemon/control/control.hpp"
#include "daemon/deposits/address_feed.hpp"
#include "daemon/deposits/expiry.hpp"
#include "daemon/health/health.hpp"
#include "daemon/http/router.hpp"
#include "daemon/http/server.hpp"
#include "daemon/process/chain_service.hpp"
#include "daemon/process/descriptors.hpp"
#include "daemon/process/long_work.hpp"
#include "daemon/process/look_up.hpp"
#include "daemon/process/nursery.hpp"
#include "daemon/webhooks/deliverer.hpp"
#include "ledger/book.hpp"
#include "ledger/checkpointer.hpp"
#include "ledger/checkpoints.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/time.hpp"
#include "wallet/deposit_addresses.hpp"
#include "wallet/signer.hpp"

namespace settled::daemon::process {

/// The daemon: everything wired together on one io_context thread, beside the book's own. Decides
/// nothing about money.
class Process {
 public:
  /// Opens keys, store and book. Errors: those of what is opened; `store_locked` where another
  /// process has the data directory.
  static Result<std::unique_ptr<Process>> open(config::Settings settings);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Serves until SIGTERM or SIGINT (0), or until something fails that it must not outlive (1).
  int run();

 private:
  explicit Process(config::Settings settings);
  Status plan();
  Status open_wallet();
  Status open_books();
  Status open_checkpoints();
  void start_checkpointer();
  Status open_services();
  Status open_chains();
  Status open_webhooks();
  Status open_api();
  Task<void> start();
  Status listen();
  Task<void> stop(int exit_code, std::string why);
  void request_stop(int exit_code, std::string why);
  /// True when the store is poisoned. The book tells of it at a write; a read that found damage
  /// would otherwise leave a process that writes nothing standing and refusing for ever.
  bool stop_if_poisoned();
  void on_commit();
  Task<void> must_not_end(std::string what, Task<Status> task);
  Task<Result<nlohmann::json>> control(nlohmann::json request, control::Tell tell);
  health::Report gather() const;
  http::Handler counted(const http::Router& router);
  Result<Hash256> checkout_key();
  std::optional<std::string> waiting_for(std::string_view payout) const;

  const config::Settings settings_;
  SystemClock clock_;
  SystemRandom random_;
  boost::asio::io_context context_{1};
  DescriptorPlan descriptors_;
  std::optional<wallet::DepositAddresses> deposit_addresses_;
  std::vector<std::unique_ptr<wallet::Signer>> signers_;
  std::unique_ptr<ledger::store::Store> store_;
  std::unique_ptr<ledger::Checkpoints> checkpoints_;
  std::unique_ptr<ledger::Book> book_;
  std::unique_ptr<ledger::Checkpointer> checkpointer_;
  std::atomic<bool> wake_posted_ = false;

  std::unique_ptr<chains::http::Client> node_client_;
  std::unique_ptr<chains::http::Client> webhook_client_;
  std::vector<std::unique_ptr<ChainService>> chains_;
  LookUp look_up_{context_.get_executor(), chains_};
  std::unique_ptr<webhooks::Deliverer> deliverer_;
  std::unique_ptr<deposits::AddressFeed> feed_;
  std::unique_ptr<deposits::Expiry> expiry_;
  std::unique_ptr<api::Api> api_;
  http::Router router_;
  http::Router ops_router_;
  health::RequestCounts requests_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> ops_server_;
  std::unique_ptr<control::Server> control_;
  LongWork long_work_{context_.get_executor()};  // reads the store: ends before that is closed
  std::unique_ptr<boost::asio::signal_set> signals_;
  std::unique_ptr<Nursery> nursery_;
  bool stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace settled::daemon::process
