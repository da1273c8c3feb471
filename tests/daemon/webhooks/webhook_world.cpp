#include "tests/daemon/webhooks/webhook_world.hpp"

#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "chains/http/address_policy.hpp"
#include "daemon/webhooks/json.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::webhooks {
namespace {

using std::chrono::milliseconds;

std::string body_of(const ledger::pb::Event& event) {
  return R"({"id":")" + EventId::from_raw(event.id()).to_string() + R"(","type":")" + event.type() +
         R"("})";
}

}  // namespace

std::string Received::header(const std::string& name) const {
  const std::string start = "\r\n" + name + ": ";
  const auto at = head.find(start);
  if (at == std::string::npos) return {};
  const auto from = at + start.size();
  return head.substr(from, head.find("\r\n", from) - from);
}

Receiver::Receiver(boost::asio::io_context& io, Respond the_respond)
    : respond(std::move(the_respond)),
      server_(io, [this](chains::http::Peer& peer) -> chains::http::Task<void> {
        for (;;) {
          const std::string request = co_await peer.request();
          if (request.empty()) co_return;
          const auto head_end = request.find("\r\n\r\n") + 4;
          received.push_back({request.substr(0, head_end), request.substr(head_end)});
          const std::string answer = respond(received.back(), received.size());
          if (!answer.empty()) co_await peer.send(answer);
        }
      }) {}

std::string status_line(unsigned status, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Word\r\n" + headers + "Content-Length: 0\r\n\r\n";
}

Receiver::Respond always(unsigned status, const std::string& headers) {
  return [answer = status_line(status, headers)](const Received&, std::size_t) { return answer; };
}

Receiver::Respond hang() {
  return [](const Received&, std::size_t) { return std::string(); };
}

World::World(Settings settings, tests::FaultPlan disk)
    : settings_(std::move(settings)), books_(disk), merchant_(books_.set_up()) {
  start();
}

World::~World() = default;

Settings World::quick() {
  return {.allow_private_networks = true,
          .timeout = milliseconds(5'000),
          .retry_schedule = {milliseconds(20), milliseconds(40)}};
}

void World::start() {
  io_ = std::make_unique<boost::asio::io_context>();
  chains::http::Client::Settings client_settings;
  client_settings.max_connections_per_origin = settings_.max_in_flight;
  if (!settings_.allow_private_networks) {
    client_settings.address_filter = chains::http::require_public;
  }
  client_ = chains::http::Client::create(io_->get_executor(), std::move(client_settings)).value();
  settings_.look_ups = client_->look_ups();
  deliverer_ = std::make_unique<Deliverer>(io_->get_executor(), books_.book(), books_.store(),
                                           *client_, clock_, random_, settings_,
                                           [this](const ledger::pb::Event& event) {
                                             if (fail_bodies-- > 0) throw std::bad_alloc();
                                             return body_of(event);
                                           });
  boost::asio::co_spawn(*io_, deliverer_->run(), [](std::exception_ptr thrown, Status status) {
    if (thrown) std::rethrow_exception(thrown);
    if (!status) FAIL("delivery stopped: " + status.error().reason);
  });
}

void World::crash() {
  forget();
  books_.restart();
}

void World::lose_power() {
  forget();
  books_.reopen();
}

void World::forget() {
  deliverer_.reset();
  client_.reset();
  io_.reset();
}

EndpointId World::endpoint(const std::string& url, std::vector<std::string> events,
                           const std::optional<std::string>& merchant) {
  ledger::pb::CreateEndpoint create;
  create.set_merchant(merchant.value_or(merchant_));
  create.set_url(url);
  for (std::string& type : events) create.add_events(std::move(type));
  create.set_secret(kSecret);
  const auto id = EndpointId::from_raw(books_.ok(create).endpoint().id());
  deliverer_->wake();
  return id;
}

ledger::pb::Endpoint World::stored(const EndpointId& endpoint) {
  return ledger::read_record<ledger::pb::Endpoint>(books_.store(),
                                                   ledger::keys::endpoint(endpoint.raw()))
      .value()
      .value();
}

std::string World::intent() {
  const std::string id = books_.intent(merchant_, "25.00").id();
  deliverer_->wake();
  return id;
}

void World::cancel(const std::string& intent) {
  ledger::pb::CancelIntent cancel;
  cancel.set_id(intent);
  books_.ok(cancel);
  deliverer_->wake();
}

std::vector<std::string> World::events() {
  std::vector<std::string> out;
  const auto page = ledger::reports::events(books_.store(), {}, 0, 10'000).value();
  for (const auto& event : page.data) out.push_back(EventId::from_raw(event.id()).to_string());
  return out;
}

ledger::pb::Event World::last_event() {
  return ledger::reports::events(books_.store(), {}, books_.last_event() - 1, 1).value().data.at(0);
}

bool World::until(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    io_->restart();
    io_->run_one_for(milliseconds(100));
  }
  return true;
}

bool World::until_received(const Receiver& receiver, std::size_t count) {
  return until([&] { return receiver.received.size() >= count; });
}

bool World::until_idle() {
  settle();
  return until([&] { return deliverer_->health().pending == 0; });
}

void World::settle() {
  io_->restart();
  while (io_->poll() > 0) {
  }
}

nlohmann::json World::deliveries(const EndpointId& endpoint) {
  nlohmann::json out = nlohmann::json::array();
  const ledger::reports::PageRequest all{
      .limit = 10'000, .starting_after = {}, .ending_before = {}};
  for (const auto& delivery : deliverer_->deliveries(endpoint, all).value().data) {
    out.push_back(to_json(delivery));
  }
  return out;
}

}  // namespace settled::daemon::webhooks
