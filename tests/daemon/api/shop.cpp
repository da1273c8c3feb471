#include "tests/daemon/api/shop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/evm/address.hpp"
#include "daemon/api/secrets.hpp"
#include "daemon/http/target.hpp"
#include "daemon/render/words.hpp"
#include "ledger/store/leveldb_store.hpp"

namespace settled::tests {

chains::evm::Address shop_address(std::uint8_t last) {
  chains::evm::Address out;
  out.bytes.fill(0x11);
  out.bytes.back() = last;
  return out;
}

namespace {

namespace api = daemon::api;
namespace http = daemon::http;
namespace pb = ledger::pb;

std::string hash_of(std::uint64_t number) {
  return sha256(as_bytes(std::to_string(number))).raw();
}

api::Settings settings(const config::FeeSettings& fees) {
  api::Settings out;
  out.chains = {{.name = "base", .chain_id = 8453}, {.name = "dry", .chain_id = 7}};
  out.chains[0].tokens = {{"USDC", "USDC", shop_address(1), 6},
                          {"EURC", "EURC", shop_address(2), 6},
                          {"USDCe", "USDX", shop_address(3), 6},
                          {"USDCn", "USDX", shop_address(4), 6}};
  out.chains[1].tokens = {{"USDC", "USDC", shop_address(5), 18}};
  out.signers = {{.name = "hot", .chains = {"base"}, .roles = {wallet::SignerRole::Payouts}}};
  out.signer_addresses = {shop_address(0xEE)};
  out.payouts.max_amount = Amount::parse("1000.00").value();
  out.fees = fees;
  out.allow_http_endpoints = false;
  return out;
}

http::Request to_request(const Ask& ask) {
  auto target = http::parse_target(ask.target);
  REQUIRE(target);
  http::Request request;
  request.method = ask.method;
  request.path = target->path;
  request.segments = target->segments;
  request.query = target->query;
  request.body = ask.body;
  request.request_id = "req_test";
  if (!ask.key.empty()) request.headers.emplace_back("authorization", "Bearer " + ask.key);
  if (!ask.idempotency_key.empty()) {
    request.headers.emplace_back("idempotency-key", ask.idempotency_key);
  }
  if (!ask.body.empty()) request.headers.emplace_back("content-type", ask.content_type);
  return request;
}

/// The answer with its stream in its body.
http::Task<http::Response> whole_answer(const http::Router* router, http::Request request) {
  http::Response response = co_await router->answer(std::move(request));
  if (response.stream) {
    http::EventStream stream([&response](std::string piece) -> http::Task<Status> {
      response.body += piece;
      co_return Status{};
    });
    co_await response.stream(stream);
  }
  co_return response;
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  for (const auto& [given, value] : headers) {
    if (given == name) return value;
  }
  return {};
}

Shop::Shop(config::FeeSettings fees, std::uint32_t requests_per_second)
    : followed(settings(fees).chains) {
  store = ledger::store::open_leveldb(directory.path() / "store", {}).value();
  pausing = std::make_unique<PausingStore>(*store);
  book = ledger::Book::open(*pausing, clock, random, {}).value();
  context.public_url = "https://pay.example.com";
  context.checkout_key.bytes.fill(7);
  api::Hooks hooks;
  hooks.waiting_for = [](std::string_view) { return std::optional<std::string>("liquidity"); };
  hooks.endpoint_url_allowed = [this](std::string) -> api::Task<Status> {
    if (urls_allowed) co_return Status{};
    co_return fail(Errc::Rejected, "forbidden_url", "that is a private network");
  };
  hooks.need_deposit_addresses = [this]() -> api::Task<Status> {
    ++topped_up;
    add_addresses(200);
    co_return Status{};
  };
  hooks.deliveries = [](const EndpointId&, const ledger::reports::PageRequest&) {
    return Result<std::string>(daemon::render::list({}, false, "/deliveries"));
  };
  checkpoints = ledger::Checkpoints::open(*store, proof::SigningKey::generate("shop/book", random),
                                          directory.path() / "checkpoints", clock)
                    .value();
  for (const chains::ChainSettings& chain : followed) {
    chains_now.push_back({.settings = &chain});
    chains_now.back().status.state = chains::FollowState::Following;
  }
  hooks.chains_now = [this](std::optional<chains::evm::TxHash> transaction)
      -> api::Task<Result<std::vector<daemon::explain::ChainNow>>> {
    looked_up = transaction;
    auto out = chains_now;
    for (daemon::explain::ChainNow& chain : out) {
      if (transaction && !chain.seen) chain.seen = fail(Errc::NotFound, "no_such_transaction", "");
    }
    co_return out;
  };
  hooks.checkpoint = [this]() -> api::Task<Result<ledger::SignedCheckpoint>> {
    if (!checkpoints_possible) {
      co_return fail(Errc::Unavailable, "checkpoint_directory_failed", "the device is gone");
    }
    co_return checkpoints->make();
  };
  hooks.checkpoint_key = checkpoints->key();
  hooks.log_layout = checkpoints->layout();
  hooks.redeliver = [this](const pb::Event& event, const std::string& merchant,
                           const api::NoteRedelivery& note) -> Result<api::Redelivery> {
    redelivered.push_back(event.type() + (merchant.empty() ? " to all" : ""));
    const api::Redelivery done{.queued = 2, .pending = redelivered.size(), .skipped = {}};
    ledger::store::Batch batch;
    note(batch, done);
    TRY_OK(store->write(batch, ledger::store::Durability::Written));
    return done;
  };
  api::Settings given = settings(fees);
  given.requests_per_second = requests_per_second;
  api = std::make_unique<api::Api>(*book, random, std::move(given), context, std::move(hooks));
  api->add_routes(router);

  platform = api::new_api_secret(random);
  pb::Command first;
  first.mutable_create_api_key()->set_name("platform");
  first.mutable_create_api_key()->set_scopes(daemon::render::all_scopes());
  first.mutable_create_api_key()->set_secret_sha256(api::api_secret_sha256(platform));
  apply(std::move(first));
  for (Merchant* merchant : {&one, &two}) {
    merchant->id = post("/v1/merchants", {{"name", "a shop"}}, platform).body.at("id");
    merchant->key = make_key(merchant->id, {"intents", "payouts", "ledger.read", "webhooks"});
  }
  pb::Command open;
  open.mutable_open_chain()->set_chain("base");
  open.mutable_open_chain()->set_chain_id(8453);
  open.mutable_open_chain()->set_native_currency("ETH");
  open.mutable_open_chain()->mutable_start()->set_number(0);
  open.mutable_open_chain()->mutable_start()->set_hash(hash_of(0));
  open.mutable_open_chain()->mutable_start()->set_time(to_ms(clock.now()));
  apply(std::move(open));
}

Shop::~Shop() = default;

void Shop::spawn(boost::asio::io_context& io, const Ask& request,
                 std::function<void(Answer)> done) {
  boost::asio::co_spawn(
      io, whole_answer(&router, to_request(request)),
      [done = std::move(done)](const std::exception_ptr& thrown, http::Response response) {
        if (thrown) std::rethrow_exception(thrown);
        Answer answer;
        answer.status = response.status;
        answer.body = nlohmann::json::parse(response.body, nullptr, false);
        answer.content_type = response.content_type;
        answer.text = std::move(response.body);
        answer.headers = std::move(response.headers);
        done(std::move(answer));
      });
}

std::vector<Answer> Shop::ask_all(std::vector<Ask> requests) {
  boost::asio::io_context io;
  std::vector<Answer> answers(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    spawn(io, requests[i], [&answers, i](Answer answer) { answers[i] = std::move(answer); });
  }
  io.run();
  return answers;
}

http::Response Shop::respond(const Ask& request) {
  boost::asio::io_context io;
  http::Response out;
  boost::asio::co_spawn(io, router.answer(to_request(request)),
                        [&out](std::exception_ptr thrown, http::Response response) {
                          if (thrown) std::rethrow_exception(thrown);
                          out = std::move(response);
                        });
  io.run();
  return out;
}

Answer Shop::post(std::string target, const nlohmann::json& body, const std::string& key) {
  static int number = 0;
  return ask({"POST", std::move(target), body.dump(), key, "key-" + std::to_string(++number)});
}

std::string Shop::make_key(const std::string& merchant, const std::vector<std::string>& scopes) {
  nlohmann::json body = {{"name", "key"}, {"scopes", scopes}};
  if (!merchant.empty()) body["merchant"] = merchant;
  return post("/v1/api_keys", body, platform).body.at("secret");
}

nlohmann::json Shop::make_intent(const Merchant& merchant, const std::string& amount) {
  const Answer made =
      post("/v1/payment_intents", {{"amount", amount}, {"currency", "USDC"}}, merchant.key);
  REQUIRE(made.status == 201);
  return made.body;
}

nlohmann::json Shop::fund(const Merchant& merchant, const std::string& amount,
                          const std::string& receipt_proof) {
  const nlohmann::json intent = make_intent(merchant, amount);
  pb::ObservedTransfer transfer = payment(intent, amount);
  if (!receipt_proof.empty()) {
    transfer.set_evidence("proven");
    transfer.set_receipt_proof(receipt_proof);
    transfer.set_log_in_receipt(1);
  }
  mine({transfer});
  return intent;
}

pb::ObservedTransfer Shop::payment(const nlohmann::json& intent, const std::string& amount) {
  const std::string deposit = intent.at("payment_options").at(0).at("deposit_address");
  pb::ObservedTransfer transfer;
  transfer.set_token("USDC");
  transfer.set_currency("USDC");
  transfer.set_token_address(shop_address(1).raw());
  transfer.set_decimals(6);
  transfer.set_tx_hash(hash_of(++transactions_ + 1'000'000));
  transfer.set_from(shop_address(200).raw());
  transfer.set_to(chains::evm::parse_address(deposit).value().raw());
  transfer.set_amount(Amount::parse(amount).value().stored());
  transfer.set_evidence("single");
  return transfer;
}

void Shop::mine(const std::vector<pb::ObservedTransfer>& transfers, Blocks blocks) {
  const std::uint64_t number = ++block_;
  if (blocks == Blocks::Final) final_ = number;
  pb::Command command;
  pb::ObserveBlocks& observe = *command.mutable_observe_blocks();
  observe.set_chain("base");
  observe.set_confirmations(blocks == Blocks::Seen ? 2 : 1);
  observe.set_final_number(final_);
  pb::ObservedBlock& block = *observe.add_blocks();
  block.set_number(number);
  block.set_hash(hash_of(number));
  block.set_parent(hash_of(number - 1));
  block.set_time(to_ms(clock.now()));
  for (const pb::ObservedTransfer& transfer : transfers) *block.add_transfers() = transfer;
  apply(std::move(command));
}

pb::Reply Shop::apply(pb::Command command) {
  auto applied = book->apply(std::move(command));
  if (!applied) FAIL(applied.error().reason << ": " << applied.error().detail);
  return applied->reply;
}

void Shop::add_addresses(std::uint32_t count) {
  pb::Command command;
  pb::AddDepositAddresses& add = *command.mutable_add_deposit_addresses();
  add.set_xpub_id("test");
  add.set_first_index(addresses_);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string hash = sha256(as_bytes("deposit " + std::to_string(addresses_ + i))).raw();
    add.add_addresses(hash.substr(0, 20));
  }
  addresses_ += count;
  apply(std::move(command));
}

}  // namespace settled::tests
