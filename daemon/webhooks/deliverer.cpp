#include "daemon/webhooks/deliverer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "chains/http/address_policy.hpp"
#include "daemon/async/book.hpp"
#include "daemon/webhooks/signature.hpp"
#include "daemon/webhooks/url_policy.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::webhooks {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMaxResponseBytes = std::size_t{64} << 10U;
constexpr milliseconds kResolveTimeout{5'000};
// The wall clock may be set while a timer runs.
constexpr milliseconds kLongestNap{60'000};

// When an attempt could not even be begun.
constexpr milliseconds kPostponed{5'000};

/// Of our own records. A secret that cannot sign, or an answer that is no HTTP, concerns one
/// endpoint.
bool is_damage(const Error& error) {
  return error.reason == "corrupt_record" || error.reason == "store_corrupt" ||
         error.reason == "store_poisoned";
}

std::uint32_t random_u32(Random& random) {
  std::array<std::uint8_t, 4> bytes{};
  random.fill(bytes);
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

struct Deliverer::Flight {
  boost::asio::cancellation_signal cancel;
};

Deliverer::Deliverer(boost::asio::any_io_executor executor, ledger::Book& book,
                     ledger::store::Store& store, chains::http::Transport& transport,
                     const Clock& clock, Random& random, Settings settings, Body body)
    : executor_(std::move(executor)),
      book_(book),
      transport_(transport),
      clock_(clock),
      random_(random),
      settings_(std::move(settings)),
      body_(std::move(body)),
      outbox_(store),
      schedule_(settings_.max_in_flight),
      intake_(book_, outbox_, schedule_, clock_, random_),
      signal_(executor_),
      landed_(executor_) {}

Deliverer::~Deliverer() = default;

Task<Status> Deliverer::run() {
  CO_TRY_OK(intake_.load());
  while (!draining_ && failure_) {
    CO_TRY(const bool more, intake_.take());
    start_due();
    if (more) {
      // A long backlog must not keep the thread from the attempts under way.
      co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    } else {
      co_await signal_.wait(until_next());
    }
  }
  co_return failure_;
}

Task<void> Deliverer::drain(milliseconds deadline) {
  draining_ = true;
  signal_.ring();
  const auto until = Steady::now() + deadline;
  for (auto now = Steady::now(); !flights_.empty() && now < until; now = Steady::now()) {
    co_await landed_.wait(std::chrono::ceil<milliseconds>(until - now));
  }
  const auto canceled = flights_;
  for (const auto& flight : canceled) {
    flight->cancel.emit(boost::asio::cancellation_type::terminal);
  }
  while (!flights_.empty()) co_await landed_.wait(kLongestNap);
}

Task<Status> Deliverer::check_url(std::string text) {
  CO_TRY(const auto url, check_url_text(text, settings_.allow_private_networks));
  if (settings_.allow_private_networks || !settings_.look_ups) co_return Status{};
  const auto found =
      co_await settings_.look_ups->resolve(url.host, url.port, Steady::now() + kResolveTimeout);
  if (!found) co_return Status{};
  for (const auto& endpoint : *found) {
    if (auto allowed = chains::http::require_public(endpoint.address()); !allowed) {
      co_return forbidden_url(allowed.error().detail);
    }
  }
  co_return Status{};
}

Result<ledger::reports::Page<pb::Delivery>> Deliverer::deliveries(
    const EndpointId& endpoint, const ledger::reports::PageRequest& page) const {
  return outbox_.page(endpoint, page);
}

Result<Redelivery> Deliverer::redeliver(const ledger::pb::Event& event, const std::string& merchant,
                                        const NoteRedelivery& note) {
  TRY(auto redelivery, intake_.redeliver(event, merchant, note));
  signal_.ring();
  return redelivery;
}

Health Deliverer::health() const {
  Health health;
  health.pending = schedule_.pending();
  health.in_flight = schedule_.in_flight();
  if (const auto oldest = schedule_.oldest()) {
    const auto age = std::chrono::floor<std::chrono::seconds>(clock_.now() - *oldest);
    health.oldest_undelivered = std::max(age, std::chrono::seconds::zero());
  }
  return health;
}

milliseconds Deliverer::until_next() const {
  const auto due = schedule_.next_due();
  if (!due) return kLongestNap;
  return std::clamp(*due - clock_.now(), milliseconds::zero(), kLongestNap);
}

void Deliverer::start_due() {
  while (const auto start = schedule_.next(clock_.now())) launch(*start);
}

void Deliverer::launch(Schedule::Start start) {
  const auto flight = std::make_shared<Flight>();
  flights_.push_back(flight);
  const auto land = [this, flight, start](const std::exception_ptr& thrown, const Status& status) {
    flights_.remove(flight);
    if (thrown && !draining_ && schedule_.is_under_way(start)) {
      schedule_.retry(start, clock_.now() + kPostponed, true);
    } else if (!thrown && !status) {
      failure_ = status;
    }
    landed_.ring();
    signal_.ring();
  };
  boost::asio::co_spawn(executor_, attempt(start),
                        boost::asio::bind_cancellation_slot(flight->cancel.slot(), land));
}

Task<Status> Deliverer::attempt(Schedule::Start start) {
  auto delivery = outbox_.find(start.endpoint, start.id);
  if (!delivery) co_return postpone(start, delivery.error());
  const auto endpoint = ledger::read_record<ledger::pb::Endpoint>(
      book_.reader(), ledger::keys::endpoint(start.endpoint.raw()));
  if (!endpoint) co_return postpone(start, endpoint.error());
  if (!*delivery) {
    schedule_.end(start, true);
    co_return Status{};
  }
  // Removed or disabled since: the rest is dropped when the endpoints are read again.
  if (!*endpoint || (*endpoint)->disabled()) co_return end(start, **std::move(delivery), true);

  const Time started = clock_.now();
  const auto response = co_await post(**endpoint, **delivery, started);
  if (!response && is_damage(response.error())) co_return std::unexpected(response.error());
  Outcome outcome = judge(response, clock_.now());
  pb::Attempt made;
  made.set_at(to_ms(started));
  made.set_status_code(outcome.status_code);
  made.set_error(outcome.error);
  record_attempt(**delivery, std::move(made));
  (*delivery)->set_attempts_made((*delivery)->attempts_made() + 1);
  co_return co_await finish(start, **std::move(delivery), (*endpoint)->url(), std::move(outcome));
}

/// Whatever goes wrong on the way is this attempt's failure alone.
Task<Result<chains::http::Response>> Deliverer::post(ledger::pb::Endpoint endpoint,
                                                     pb::Delivery delivery, Time now) {
  try {
    CO_TRY(auto request, request_for(endpoint, delivery, now));
    const chains::http::Limits limits{.max_body_bytes = kMaxResponseBytes,
                                      .timeout = settings_.timeout};
    ++counters_.attempts;
    auto response = co_await transport_.send(std::move(request), limits);
    co_return response;
  } catch (const std::exception& error) {
    if (draining_) throw;
    co_return fail(Errc::Internal, "delivery_failed", error.what());
  }
}

/// What could not be read now may be readable later; what is damaged will not be.
Status Deliverer::postpone(const Schedule::Start& start, const Error& why) {
  if (is_damage(why)) return std::unexpected(why);
  schedule_.retry(start, clock_.now() + kPostponed, true);
  return {};
}

Result<chains::http::Request> Deliverer::request_for(const ledger::pb::Endpoint& endpoint,
                                                     const pb::Delivery& delivery, Time now) const {
  TRY(const auto event, ledger::reports::event_by_id(book_.reader(), delivery.event()));
  if (!event) return fail(Errc::Corrupt, "corrupt_record", "a delivery names no event");
  return make_request(endpoint, EventId::from_raw(event->id()).to_string(), body_(*event), now);
}

Task<Status> Deliverer::finish(Schedule::Start start, pb::Delivery delivery, std::string url,
                               Outcome outcome) {
  switch (outcome.verdict) {
    case Verdict::Delivered:
      delivery.set_state(pb::DELIVERED);
      co_return end(start, std::move(delivery), true);
    case Verdict::Gone:
      CO_TRY_OK(end(start, std::move(delivery), true));
      co_return co_await disable(start.endpoint, std::move(url));
    case Verdict::Failed:
      break;
  }
  const auto wait = next_wait(settings_.retry_schedule, delivery.attempts_made(),
                              outcome.retry_after, random_u32(random_));
  if (!wait) co_return end(start, std::move(delivery), outcome.answered());
  co_return retry(start, std::move(delivery), outcome, *wait);
}

Status Deliverer::retry(const Schedule::Start& start, pb::Delivery delivery, const Outcome& outcome,
                        milliseconds wait) {
  if (!intake_.knows(start.endpoint)) return end(start, std::move(delivery), true);
  const Time due = clock_.now() + wait;
  delivery.set_next_attempt(to_ms(due));
  Outbox::Writes writes;
  writes.put(delivery);
  TRY_OK(outbox_.write(writes));
  ++counters_.retries;
  schedule_.retry(start, due, outcome.answered());
  return {};
}

Status Deliverer::end(const Schedule::Start& start, pb::Delivery delivery, bool answered) {
  if (delivery.state() == pb::DELIVERED) {
    ++counters_.delivered;
  } else {
    delivery.set_state(pb::FAILED);
    ++counters_.failed;
  }
  // What is written of an endpoint whose removal was seen would never be erased.
  if (intake_.knows(start.endpoint)) {
    Outbox::Writes writes;
    outbox_.put_ended(writes, delivery);
    TRY_OK(outbox_.write(writes));
  }
  schedule_.end(start, answered);
  return {};
}

/// `url` is what said that it is gone; an endpoint that has another by now goes on.
Task<Status> Deliverer::disable(EndpointId endpoint, std::string url) {
  // Of several attempts that are told so at once, one acts.
  if (!disabling_.insert(endpoint).second) co_return Status{};
  ledger::pb::Command command;
  auto& update = *command.mutable_update_endpoint();
  update.set_id(endpoint.raw());
  update.set_url(std::move(url));
  update.set_disabled(true);
  update.set_disabled_reason("gone");
  const auto applied = co_await apply(book_, std::move(command));
  disabling_.erase(endpoint);
  // Once it is disabled, intake gives up what is pending. Any other refusal leaves it enabled, and
  // its next 410 asks again.
  if (!applied && applied.error().code == Errc::Corrupt) {
    co_return std::unexpected(applied.error());
  }
  co_return Status{};
}

}  // namespace settled::daemon::webhooks
