#include "chains/http/look_ups.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <set>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::unexpected<Error> shut_down() {
  return fail(Errc::Unavailable, "shut_down", "names are no longer looked up");
}

}  // namespace

Result<Addresses> system_look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  Addresses out;
  for (const addrinfo* at = found.get(); at != nullptr; at = at->ai_next) {
    if (out.size() == LookUps::kMaxAddresses) break;
    tcp::endpoint endpoint;
    if (at->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const unsigned char*>(at->ai_addr), at->ai_addrlen,
                reinterpret_cast<unsigned char*>(endpoint.data()));
    endpoint.resize(at->ai_addrlen);
    out.push_back(endpoint.address());
  }
  if (error == 0 && !out.empty()) return out;
  return fail(
      Errc::Unavailable, "connect_failed",
      "cannot resolve " + host + ": " + (error == 0 ? "no address" : ::gai_strerror(error)));
}

/// What the threads share with the one that asks.
struct LookUps::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> hosts;
  std::set<std::string> under_way;
  std::size_t threads = 0;
  std::size_t free = 0;
  bool stopped = false;
  Blocking look_up;
  /// Called under the mutex and never after `stopped`: the executor may be gone then.
  std::function<void(std::string, Result<Addresses>)> deliver;

  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      ++free;
      changed.wait(lock, [this] { return stopped || !hosts.empty(); });
      --free;
      if (stopped) return;
      std::string host = std::move(hosts.front());
      hosts.pop_front();
      under_way.insert(host);
      lock.unlock();
      auto result = look_up(host);
      lock.lock();
      under_way.erase(host);
      if (stopped) return;
      deliver(std::move(host), std::move(result));
    }
  }
};

/// A caller's place among those who wait for a name, left on every way out.
class LookUps::Place {
 public:
  Place(std::shared_ptr<LookUps> owner, std::string host, Deadline deadline)
      : owner_(std::move(owner)),
        host_(std::move(host)),
        list_(owner_->waiting_[host_]),
        at_(list_.insert(list_.end(), Waiter{asio::steady_timer(owner_->executor_, deadline),
                                             Addresses{}, false})) {}
  ~Place() {
    list_.erase(at_);
    owner_->leave(host_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Waiter& waiter() { return *at_; }

 private:
  std::shared_ptr<LookUps> owner_;
  std::string host_;
  std::list<Waiter>& list_;  // a map's element stays where it is
  std::list<Waiter>::iterator at_;
};

std::shared_ptr<LookUps> LookUps::create(asio::any_io_executor executor, std::size_t threads,
                                         Blocking look_up) {
  std::shared_ptr<LookUps> made(new LookUps(std::move(executor), threads, std::move(look_up)));
  made->queue_->deliver = [weak = made->weak_from_this(), executor = made->executor_](
                              std::string host, Result<Addresses> result) {
    asio::post(executor, [weak, host = std::move(host), result = std::move(result)] {
      if (const auto self = weak.lock()) self->answer(host, result);
    });
  };
  return made;
}

LookUps::LookUps(asio::any_io_executor executor, std::size_t threads, Blocking look_up)
    : executor_(std::move(executor)), max_threads_(threads), queue_(std::make_shared<Queue>()) {
  queue_->look_up = std::move(look_up);
}

LookUps::~LookUps() {
  stop();
}

void LookUps::stop() {
  if (std::exchange(stopped_, true)) return;
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->stopped = true;
    queue_->hosts.clear();
    queue_->deliver = nullptr;
  }
  queue_->changed.notify_all();
  for (auto& [host, waiters] : waiting_) {
    for (Waiter& waiter : waiters) {
      waiter.result = shut_down();
      waiter.done = true;
      waiter.answered.cancel();
    }
  }
}

Task<Result<Endpoints>> LookUps::resolve(std::string host, std::uint16_t port, Deadline deadline) {
  boost::system::error_code not_an_address;
  const auto literal = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return Endpoints{tcp::endpoint(literal, port)};
  if (stopped_) co_return shut_down();

  Place place(shared_from_this(), host, deadline);
  CO_TRY_OK(ask(host));
  Waiter& waiter = place.waiter();
  const auto [stopped] = co_await waiter.answered.async_wait(asio::as_tuple(asio::use_awaitable));
  // An answer that comes with the deadline is too late: there is no time left to connect.
  if ((!waiter.done && !stopped) || deadline <= Deadline::clock::now()) {
    co_return fail(Errc::Timeout, "timeout", "resolving " + host + " took too long");
  }
  if (!waiter.done) {
    co_return fail(Errc::Unavailable, "connect_failed", "resolving " + host + " was cancelled");
  }
  CO_TRY(const Addresses found, std::move(waiter.result));
  Endpoints endpoints;
  for (const auto& address : found) endpoints.emplace_back(address, port);
  co_return endpoints;
}

/// Has the name looked up unless that is under way.
Status LookUps::ask(const std::string& host) {
  const std::lock_guard lock(queue_->mutex);
  Queue& queue = *queue_;
  if (queue.under_way.contains(host) || std::ranges::find(queue.hosts, host) != queue.hosts.end()) {
    return {};
  }
  if (queue.hosts.size() >= kMaxWaiting) {
    return fail(Errc::Unavailable, "overloaded", "too many names wait to be looked up");
  }
  queue.hosts.push_back(host);
  if (queue.free < queue.hosts.size() && queue.threads < max_threads_) {
    try {
      std::thread([shared = queue_] { shared->serve(); }).detach();
      ++queue.threads;
    } catch (const std::system_error& error) {
      if (queue.threads == 0) {
        queue.hosts.pop_back();
        return fail(Errc::Unavailable, "connect_failed",
                    std::string("no thread to look names up: ") + error.what());
      }
    }
  }
  queue.changed.notify_one();
  return {};
}

void LookUps::answer(const std::string& host, const Result<Addresses>& result) {
  const auto found = waiting_.find(host);
  if (found == waiting_.end()) return;
  for (Waiter& waiter : found->second) {
    if (waiter.done) continue;
    waiter.result = result;
    waiter.done = true;
    waiter.answered.cancel();
  }
}

void LookUps::leave(const std::string& host) {
  const auto found = waiting_.find(host);
  if (!found->second.empty()) return;
  waiting_.erase(found);
  if (stopped_) return;
  // Nobody waits for it any more; where a thread has it already, that goes on.
  const std::lock_guard lock(queue_->mutex);
  std::erase(queue_->hosts, host);
}

}  // namespace settled::chains::http
