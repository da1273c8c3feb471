#include "chains/http/pool.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMaxWaiting = 4096;

}  // namespace

/// A request's place in the queue of an origin. A turn that was given to a request which no longer
/// wants it goes to the next one.
class Pool::Turn {
 public:
  Turn(Pool& pool, Origin& origin, Deadline deadline)
      : pool_(pool),
        origin_(origin),
        place_(origin.waiting.insert(
            origin.waiting.end(), Waiting{asio::steady_timer(pool.executor_, deadline), false})) {}
  ~Turn() {
    const bool unused = place_->woken && !taken_;
    origin_.waiting.erase(place_);
    if (unused) pool_.wake_next(origin_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  asio::steady_timer& timer() { return place_->timer; }
  bool woken() const { return place_->woken; }
  void take() { taken_ = true; }

 private:
  Pool& pool_;
  Origin& origin_;
  std::list<Waiting>::iterator place_;
  bool taken_ = false;
};

Pool::Lease::Lease(std::shared_ptr<Pool> pool, std::string origin,
                   std::shared_ptr<Connection> connection)
    : pool_(std::move(pool)), origin_(std::move(origin)), connection_(std::move(connection)) {}

Pool::Lease::~Lease() {
  if (pool_) std::exchange(pool_, nullptr)->give_back(origin_, nullptr);
}

void Pool::Lease::keep() {
  std::exchange(pool_, nullptr)->give_back(origin_, std::move(connection_));
}

Pool::Pool(asio::any_io_executor executor, std::shared_ptr<asio::ssl::context> tls,
           Client::Settings settings)
    : executor_(std::move(executor)),
      tls_(std::move(tls)),
      settings_(std::move(settings)),
      look_ups_(LookUps::create(executor_, settings_.look_up_threads)),
      reaper_(executor_) {}

Task<Result<Pool::Lease>> Pool::acquire(std::string name, Deadline deadline) {
  Origin& origin = origins_[name];  // stays while it has a connection or a request that waits
  for (;;) {
    if (shut_down_) {
      co_return fail(Errc::Unavailable, "shut_down", "the HTTP client is shut down");
    }
    if (auto connection = take_idle(origin)) {
      co_return Lease(shared_from_this(), std::move(name), std::move(connection));
    }
    if (origin.open < settings_.max_connections_per_origin) {
      ++origin.open;
      co_return Lease(shared_from_this(), std::move(name), nullptr);
    }
    if (origin.waiting.size() >= kMaxWaiting) {
      co_return fail(Errc::Unavailable, "overloaded", "too many requests wait for " + name);
    }
    Turn turn(*this, origin, deadline);
    const auto [stopped] = co_await turn.timer().async_wait(asio::as_tuple(asio::use_awaitable));
    if (!stopped) {
      co_return fail(Errc::Timeout, "timeout", "no connection to " + name + " became free");
    }
    if (!turn.woken()) {
      co_return fail(Errc::Unavailable, "connection_lost", "the request was cancelled");
    }
    turn.take();
  }
}

Task<Result<std::shared_ptr<Connection>>> Pool::open(Url url, Deadline deadline) {
  CO_TRY(Endpoints endpoints, co_await look_ups_->resolve(url.host, url.port, deadline));
  Error failure{Errc::Unavailable, "connect_failed", url.host + " has no address"};
  if (settings_.address_filter) {
    std::erase_if(endpoints, [&](const auto& endpoint) {
      Status allowed = settings_.address_filter(endpoint.address());
      if (!allowed) failure = std::move(allowed).error();
      return !allowed;
    });
  }
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // An address that swallows packets must leave time for the others.
    const auto now = Steady::now();
    const auto left = static_cast<Steady::rep>(endpoints.size() - i);
    const Deadline share = now + std::max(deadline - now, Steady::duration::zero()) / left;
    auto connection = std::make_shared<Connection>(executor_);
    Status connected = co_await connection->connect(endpoints[i], share);
    if (!connected) {
      failure = std::move(connected).error();
      continue;
    }
    if (url.tls) CO_TRY_OK(co_await connection->start_tls(tls_, url.host, deadline));
    co_return connection;
  }
  co_return std::unexpected(std::move(failure));
}

void Pool::shutdown() {
  shut_down_ = true;
  look_ups_->stop();
  idle_ = 0;
  reaper_.cancel();
  for (auto& [name, origin] : origins_) {
    origin.open -= origin.idle.size();
    origin.idle.clear();
    for (Waiting& waiting : origin.waiting) {
      waiting.woken = true;
      waiting.timer.cancel();
    }
  }
}

std::shared_ptr<Connection> Pool::take_idle(Origin& origin) {
  while (!origin.idle.empty()) {
    auto connection = std::move(origin.idle.back().connection);
    origin.idle.pop_back();
    --idle_;
    if (connection->is_quiet()) return connection;
    --origin.open;
  }
  return nullptr;
}

void Pool::close_oldest_idle() {
  const auto oldest = [](const auto& named) {
    const Origin& origin = named.second;
    return origin.idle.empty() ? Deadline::max() : origin.idle.front().since;
  };
  const auto found = std::ranges::min_element(origins_, {}, oldest);
  Origin& origin = found->second;
  INVARIANT(!origin.idle.empty());
  origin.idle.erase(origin.idle.begin());
  --origin.open;
  --idle_;
  wake_next(origin);
}

void Pool::give_back(const std::string& name, std::shared_ptr<Connection> connection) {
  const auto found = origins_.find(name);
  INVARIANT(found != origins_.end() && found->second.open > 0);
  Origin& origin = found->second;
  if (connection && !shut_down_) {
    origin.idle.push_back({std::move(connection), Steady::now()});
    if (++idle_ > settings_.max_idle_connections) close_oldest_idle();
    arm_reaper();
  } else {
    --origin.open;
  }
  wake_next(origin);
  if (origin.open == 0 && origin.waiting.empty()) origins_.erase(found);
}

void Pool::wake_next(Origin& origin) {
  const auto next = std::ranges::find(origin.waiting, false, &Waiting::woken);
  if (next == origin.waiting.end()) return;
  next->woken = true;
  next->timer.cancel();
}

void Pool::arm_reaper() {
  if (std::exchange(reaping_, true)) return;
  reaper_.expires_after(settings_.idle_timeout);
  reaper_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!self) return;
    self->reaping_ = false;
    if (!error) self->reap();
  });
}

void Pool::reap() {
  const Deadline oldest = Steady::now() - settings_.idle_timeout;
  bool any_left = false;
  for (auto at = origins_.begin(); at != origins_.end();) {
    Origin& origin = at->second;
    const std::size_t closed =
        std::erase_if(origin.idle, [&](const Idle& idle) { return idle.since <= oldest; });
    origin.open -= closed;
    idle_ -= closed;
    any_left = any_left || !origin.idle.empty();
    at = origin.open == 0 && origin.waiting.empty() ? origins_.erase(at) : std::next(at);
  }
  if (any_left) arm_reaper();
}

}  // namespace settled::chains::http
