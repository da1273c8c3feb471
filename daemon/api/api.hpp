#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chains/evm/address.hpp"
#include "chains/http/task.hpp"
#include "chains/settings.hpp"
#include "config/settings.hpp"
#include "daemon/async/slow_reads.hpp"
#include "daemon/explain/scene.hpp"
#include "daemon/http/router.hpp"
#include "daemon/render/render.hpp"
#include "ledger/book.hpp"
#include "ledger/checkpoints.hpp"
#include "ledger/reports.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "wallet/settings.hpp"

namespace settled::daemon::api {

using chains::http::Task;

/// What the routes need of the settings file.
struct Settings {
  std::vector<chains::ChainSettings> chains;
  std::vector<wallet::SignerSettings> signers;
  /// Of all of them: one key has the same address on every chain.
  std::vector<chains::evm::Address> signer_addresses = {};
  config::IntentSettings intents;
  config::PayoutSettings payouts;
  config::FeeSettings fees;
  bool allow_http_endpoints = false;      ///< webhook endpoints at `http://`
  std::uint32_t requests_per_second = 0;  ///< of one key; 0: no limit
  SlowReadLimits slow_reads = {};
};
Settings settings_from(const config::Settings& settings);

/// What queueing an event again came to.
struct Redelivery {
  std::size_t queued = 0;
  std::size_t pending = 0;          ///< endpoints that it is already on its way to
  std::vector<EndpointId> skipped;  ///< those that have too much pending
};

using NoteRedelivery = std::function<void(ledger::store::Batch&, const Redelivery&)>;

/// What other modules of the daemon do for the routes. All are set; called on the io thread.
struct Hooks {
  /// Why a queued payout (raw id) is not sent yet, e.g. "liquidity".
  std::function<std::optional<std::string>(std::string_view payout)> waiting_for;
  /// Resolves the host of a webhook endpoint and judges its addresses. Error: Rejected
  /// `forbidden_url`.
  std::function<Task<Status>(std::string url)> endpoint_url_allowed;
  /// Derives further deposit addresses into the book and returns when they are committed.
  std::function<Task<Status>()> need_deposit_addresses;
  /// The attempts for one endpoint, newest first, as the text of a list object
  /// {"object":"list","data":[...],"has_more":...,"url":...}. Cursors are raw delivery ids.
  /// Error: Invalid `invalid_cursor`.
  std::function<Result<std::string>(const EndpointId&, const ledger::reports::PageRequest&)>
      deliveries;
  /// Every followed chain as it is now, and what its nodes tell of a transaction, if one is given.
  /// Error: Unavailable `too_many_look_ups`.
  std::function<Task<Result<std::vector<explain::ChainNow>>>(
      std::optional<chains::evm::TxHash> transaction)>
      chains_now;
  /// Makes a checkpoint at the committed head.
  std::function<Task<Result<ledger::SignedCheckpoint>>()> checkpoint;
  proof::VerifierKey checkpoint_key = {};  ///< what signs them
  ledger::LogLayout log_layout = {};
  /// Queues the event again for the enabled endpoints that hear it: those of a merchant (raw id),
  /// or where it is empty all. What `note` adds is there if and only if the deliveries are.
  std::function<Result<Redelivery>(const ledger::pb::Event&, const std::string& merchant,
                                   const NoteRedelivery& note)>
      redeliver;
};

class Service;

/// The routes under /v1 and /openapi.json: who asks, what is asked, one command or one read, its
/// JSON. Decides nothing about money. On the io_context's one thread.
class Api {
 public:
  /// `book` and `random` outlive this.
  Api(ledger::Book& book, Random& random, Settings settings, render::Context context, Hooks hooks);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
  ~Api();

  /// Called once; this outlives the router's tasks.
  void add_routes(http::Router& router);
  /// Ends the reports that are under way. Called before the book goes.
  void end_reports();
  /// For a path under /v1 that no route has: 401 unless the caller is known, so that strangers
  /// learn nothing of what exists. Nothing for everybody else.
  std::optional<http::Response> refuse_stranger(const http::Request& request) const;
  /// Method and pattern of every route that was added.
  const std::vector<std::pair<std::string, std::string>>& routes() const;

 private:
  std::unique_ptr<Service> service_;
};

/// The OpenAPI 3.1 document that `GET /openapi.json` answers.
std::string_view openapi_document();

}  // namespace settled::daemon::api
