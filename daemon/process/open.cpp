#include <algorithm>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "chains/http/address_policy.hpp"
#include "daemon/async/checkpoint.hpp"
#include "daemon/process/checkpoint_key.hpp"
#include "daemon/process/log.hpp"
#include "daemon/process/process.hpp"
#include "daemon/render/render.hpp"
#include "daemon/webhooks/json.hpp"
#include "ledger/keys.hpp"
#include "ledger/proof/key_file.hpp"
#include "ledger/store/leveldb_store.hpp"

/// How the process is put together, from the store upwards.
namespace settled::daemon::process {
namespace {

bool pays_out(const wallet::SignerSettings& signer, const std::string& chain) {
  return std::ranges::find(signer.chains, chain) != signer.chains.end() &&
         std::ranges::find(signer.roles, wallet::SignerRole::Payouts) != signer.roles.end();
}

/// Merchants name hosts, and each dead one holds a thread for as long as its name servers let it.
constexpr std::size_t kWebhookLookUpThreads = 16;
constexpr http::ServerLimits kOpsLimits{.connections = 64, .refused_at_once = 8};

webhooks::Settings webhook_settings(const config::WebhookSettings& settings) {
  webhooks::Settings out;
  out.allow_private_networks = settings.allow_private_networks;
  out.timeout = settings.timeout;
  for (const auto& wait : settings.retry_schedule) out.retry_schedule.emplace_back(wait);
  return out;
}

}  // namespace

Process::Process(config::Settings settings) : settings_(std::move(settings)) {}

Process::~Process() {
  // A backup, a verify or a report may be under way, on a snapshot of the book.
  long_work_.end();
  if (api_) api_->end_reports();
  // The book answers on its own thread into this context: it goes first. What it committed last is
  // then signed.
  book_.reset();
  checkpointer_.reset();
}

Result<std::unique_ptr<Process>> Process::open(config::Settings settings) {
  std::unique_ptr<Process> process(new Process(std::move(settings)));
  TRY_OK(process->plan());
  TRY_OK(process->open_wallet());
  TRY_OK(process->open_books());
  TRY_OK(process->open_services());
  return process;
}

/// First, since the store looks at the limit when it opens.
Status Process::plan() {
  std::size_t nodes = 0;
  for (const chains::ChainSettings& chain : settings_.chains) nodes += chain.nodes.size();
  TRY(const std::size_t limit, raise_descriptor_limit());
  TRY(descriptors_,
      plan_descriptors(
          {.limit = limit,
           // One more for a node's WebSocket.
           .node_connections =
               nodes * (chains::http::Client::Settings{}.max_connections_per_origin + 1),
           .ops_connections = settings_.daemon.ops_listen
                                  ? kOpsLimits.connections + kOpsLimits.refused_at_once
                                  : 0}));
  if (descriptors_.shrunk) {
    log_info("the process may open only " + std::to_string(limit) + " files: at most " +
             std::to_string(descriptors_.inbound) + " connections of clients and " +
             std::to_string(descriptors_.webhooks) + " webhook attempts at a time");
  }
  return {};
}

Status Process::open_wallet() {
  TRY(auto addresses, wallet::DepositAddresses::from_xpub(settings_.wallet.deposit_xpub));
  deposit_addresses_.emplace(std::move(addresses));
  for (const wallet::SignerSettings& signer : settings_.wallet.signers) {
    TRY(auto opened,
        wallet::KeystoreSigner::open(signer.name, signer.path, signer.passphrase_file));
    signers_.push_back(std::move(opened));
  }
  return {};
}

Status Process::open_books() {
  TRY(store_, ledger::store::open_leveldb(settings_.daemon.data_dir / "book", {}));
  TRY_OK(open_checkpoints());
  ledger::Book::Options options;
  options.on_written = [this](const ledger::pb::Head& head) { return checkpoints_->mark(head); };
  options.on_commit = [this](const ledger::pb::Head&) { on_commit(); };
  options.on_poisoned = [this] {
    log_error("the store failed to write: nothing more is accepted");
    boost::asio::post(context_, [this] { request_stop(1, "the store is poisoned"); });
  };
  TRY(book_, ledger::Book::open(*store_, clock_, random_, std::move(options)));
  start_checkpointer();
  return {};
}

Status Process::open_checkpoints() {
  TRY(auto key, proof::open_key_file(settings_.ledger.checkpoint_key_file,
                                     book_name(settings_.daemon.public_url), random_));
  TRY(checkpoints_,
      ledger::Checkpoints::open(*store_, std::move(key), settings_.ledger.checkpoint_dir, clock_));
  log_info("checkpoints are signed by " + checkpoints_->key().text());
  return {};
}

void Process::start_checkpointer() {
  ledger::Checkpointer::Settings settings;
  settings.interval = settings_.ledger.checkpoint_interval;
  ledger::Checkpointer::Heard heard;
  heard.damaged = [this](const Error& error) {
    log_error(error.reason + ": " + error.detail);
    boost::asio::post(context_, [this, reason = error.reason] { request_stop(1, reason); });
  };
  heard.delayed = [](const Error& error) {
    log_error("no checkpoint now: " + error.reason + ": " + error.detail);
  };
  checkpointer_ =
      std::make_unique<ledger::Checkpointer>(*checkpoints_, *store_, settings, std::move(heard));
}

Status Process::open_services() {
  feed_ =
      std::make_unique<deposits::AddressFeed>(context_.get_executor(), *book_, *deposit_addresses_);
  expiry_ = std::make_unique<deposits::Expiry>(context_.get_executor(), *book_, clock_);
  TRY_OK(open_chains());
  TRY_OK(open_webhooks());
  TRY_OK(open_api());
  control_ = std::make_unique<control::Server>(
      context_.get_executor(), settings_.daemon.data_dir / "control.sock",
      [this](nlohmann::json request, control::Tell tell) {
        return control(std::move(request), std::move(tell));
      });
  return {};
}

Status Process::open_chains() {
  TRY(node_client_, chains::http::Client::create(context_.get_executor(), {}));
  for (const chains::ChainSettings& chain : settings_.chains) {
    std::vector<wallet::Signer*> payers;
    for (std::size_t i = 0; i < signers_.size(); ++i) {
      if (pays_out(settings_.wallet.signers[i], chain.name)) payers.push_back(signers_[i].get());
    }
    ChainService::Seams seams{*book_,
                              *store_,
                              *node_client_,
                              clock_,
                              random_,
                              [](std::string_view text) { log_info(text); },
                              [this](chains::http::WebSocket::Settings socket) {
                                return node_client_->open_web_socket(std::move(socket));
                              }};
    chains_.push_back(
        std::make_unique<ChainService>(context_.get_executor(), std::move(seams), chain, payers));
  }
  return {};
}

Status Process::open_webhooks() {
  webhooks::Settings settings = webhook_settings(settings_.webhooks);
  settings.max_in_flight = descriptors_.webhooks;
  chains::http::Client::Settings client;
  client.max_connections_per_origin = settings.max_in_flight;
  client.max_idle_connections = descriptors_.idle_webhooks;
  client.look_up_threads = kWebhookLookUpThreads;
  if (!settings.allow_private_networks) client.address_filter = chains::http::require_public;
  TRY(webhook_client_, chains::http::Client::create(context_.get_executor(), std::move(client)));
  TRY(const Hash256 key, checkout_key());
  const render::Context context{settings_.daemon.public_url, settings_.livemode, key};
  settings.look_ups = webhook_client_->look_ups();
  deliverer_ = std::make_unique<webhooks::Deliverer>(
      context_.get_executor(), *book_, *store_, *webhook_client_, clock_, random_, settings,
      [context](const ledger::pb::Event& event) { return render::event_body(event, context); });
  return {};
}

Status Process::open_api() {
  TRY(const Hash256 key, checkout_key());
  render::Context context{settings_.daemon.public_url, settings_.livemode, key};
  api::Hooks hooks;
  hooks.waiting_for = [this](std::string_view payout) { return waiting_for(payout); };
  hooks.endpoint_url_allowed = [this](std::string url) {
    return deliverer_->check_url(std::move(url));
  };
  hooks.need_deposit_addresses = [this] {
    feed_->wake();  // a larger reserve is wanted; this request needs only some
    return feed_->ensure(deposits::kFewest);
  };
  hooks.deliveries = [this](const EndpointId& endpoint,
                            const ledger::reports::PageRequest& page) -> Result<std::string> {
    TRY(const auto found, deliverer_->deliveries(endpoint, page));
    std::vector<std::string> data;
    data.reserve(found.data.size());
    for (const auto& delivery : found.data) data.push_back(webhooks::to_json(delivery).dump());
    return render::list(data, found.has_more,
                        "/v1/webhook_endpoints/" + endpoint.to_string() + "/deliveries");
  };
  hooks.chains_now = [this](std::optional<chains::evm::TxHash> transaction) {
    return look_up_.now(transaction);
  };
  hooks.checkpoint = [this] { return make_checkpoint(*checkpointer_); };
  hooks.checkpoint_key = checkpoints_->key();
  hooks.log_layout = checkpoints_->layout();
  hooks.redeliver = [this](const ledger::pb::Event& event, const std::string& merchant,
                           const api::NoteRedelivery& note) -> Result<api::Redelivery> {
    const auto as_api = [](const webhooks::Redelivery& done) {
      return api::Redelivery{done.queued, done.pending, done.skipped};
    };
    TRY(const auto done,
        deliverer_->redeliver(event, merchant, [&](ledger::store::Batch& batch, const auto& known) {
          note(batch, as_api(known));
        }));
    return as_api(done);
  };
  api::Settings settings = api::settings_from(settings_);
  for (const auto& signer : signers_) settings.signer_addresses.push_back(signer->address());
  api_ = std::make_unique<api::Api>(*book_, random_, std::move(settings), std::move(context),
                                    std::move(hooks));
  api_->add_routes(router_);

  const bool ops_apart = settings_.daemon.ops_listen.has_value();
  health::add_routes(ops_apart ? ops_router_ : router_, [this] { return gather(); }, requests_);
  const http::ServerSeams seams{clock_, random_, [](std::string_view text) { log_error(text); }};
  const http::ServerLimits limits{.connections = descriptors_.inbound,
                                  .refused_at_once = descriptors_.refused};
  server_ =
      std::make_unique<http::Server>(context_.get_executor(), counted(router_), seams, limits);
  if (ops_apart) {
    ops_server_ = std::make_unique<http::Server>(context_.get_executor(), counted(ops_router_),
                                                 seams, kOpsLimits);
  }
  return {};
}

http::Handler Process::counted(const http::Router& router) {
  return [this, &router](http::Request request) -> Task<http::Response> {
    const std::string pattern = router.resolve(request.method, request.segments).pattern;
    const std::string request_id = request.request_id;
    http::Response response;
    if (stop_if_poisoned()) {
      response = http::problem(
          Error{Errc::Unavailable, "not_ready", "the daemon is stopping; try again later"},
          request_id);
    } else {
      auto refused = pattern.empty() ? api_->refuse_stranger(request) : std::nullopt;
      response = refused ? *std::move(refused) : co_await router.answer(std::move(request));
      stop_if_poisoned();
    }
    requests_.count(pattern.empty() ? "none" : pattern, response.status);
    co_return response;
  };
}

Result<Hash256> Process::checkout_key() {
  const std::string key =
      ledger::keys::Key(ledger::keys::Table::Operational).name("process").bytes("checkout_key");
  TRY(const auto known, store_->get(key));
  if (known && known->size() == Hash256::kSize) return fixed_from<Hash256>(*known);
  Hash256 made;
  random_.fill(made.bytes);
  ledger::store::Batch batch;
  batch.put(key, made.raw());
  TRY_OK(store_->write(batch, ledger::store::Durability::Synced));
  return made;
}

}  // namespace settled::daemon::process
