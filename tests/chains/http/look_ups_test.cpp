#include "chains/http/look_ups.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "tests/chains/http/server.hpp"

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;

/// Name servers of which those of `dead.example` say nothing until they are revived. Shared with
/// the threads that ask them.
struct NameServers {
  Result<Addresses> look_up(const std::string& host) {
    ++asked;
    std::unique_lock lock(mutex);
    if (host.starts_with("dead")) {
      revived.wait(lock, [this] { return alive; });
    }
    if (host == "unknown.example") return fail(Errc::Unavailable, "connect_failed", "no such name");
    return Addresses{asio::ip::make_address("192.0.2.1"), asio::ip::make_address("2001:db8::1")};
  }
  void revive() {
    const std::lock_guard lock(mutex);
    alive = true;
    revived.notify_all();
  }

  std::atomic<int> asked = 0;
  std::mutex mutex;
  std::condition_variable revived;
  bool alive = false;
};

LookUps::Blocking asking(const std::shared_ptr<NameServers>& servers) {
  return [servers](const std::string& host) { return servers->look_up(host); };
}

Deadline in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

constexpr std::chrono::seconds kLong{20};

/// Starts a look-up whose answer is put into `out`.
void begin(asio::io_context& io, LookUps& look_ups, std::string host,
           std::optional<Result<Endpoints>>& out) {
  asio::co_spawn(io, look_ups.resolve(std::move(host), 443, in(kLong)),
                 [&out](const std::exception_ptr&, Result<Endpoints> result) {
                   out.emplace(std::move(result));
                 });
}

}  // namespace

TEST_CASE("A name is answered with its addresses, a literal without being asked") {
  asio::io_context io;
  const auto servers = std::make_shared<NameServers>();
  const auto look_ups = LookUps::create(io.get_executor(), 2, asking(servers));
  const auto literal = run(io, look_ups->resolve("::1", 80, in(kLong)));
  REQUIRE(literal);
  CHECK(literal->at(0).address().is_loopback());
  CHECK(servers->asked == 0);
  const auto named = run(io, look_ups->resolve("a.example", 443, in(kLong)));
  REQUIRE(named);
  REQUIRE(named->size() == 2);
  CHECK(named->at(1).port() == 443);
  CHECK(run(io, look_ups->resolve("unknown.example", 443, in(kLong))).error().reason ==
        "connect_failed");
}

TEST_CASE("A name whose servers are dead holds up nobody but those who ask for it") {
  asio::io_context io;
  const auto servers = std::make_shared<NameServers>();
  const auto look_ups = LookUps::create(io.get_executor(), 2, asking(servers));
  std::optional<Result<Endpoints>> first;
  std::optional<Result<Endpoints>> second;
  begin(io, *look_ups, "dead.example", first);
  begin(io, *look_ups, "dead.example", second);
  CHECK(run(io, look_ups->resolve("a.example", 443, in(kLong))));
  CHECK(run(io, look_ups->resolve("b.example", 443, in(kLong))));
  CHECK_FALSE(first);
  CHECK(servers->asked == 3);  // both wait for one look-up
  CHECK(run(io, look_ups->resolve("dead.example", 443, in(std::chrono::milliseconds(1))))
            .error()
            .reason == "timeout");
  servers->revive();
  io.restart();
  while (!first || !second) io.run_one();
  CHECK(first->has_value());
  CHECK(second->has_value());
  CHECK(servers->asked == 3);
}

TEST_CASE("Stopping answers those who wait and leaves a look-up that hangs behind") {
  const auto servers = std::make_shared<NameServers>();
  {
    asio::io_context io;
    auto look_ups = LookUps::create(io.get_executor(), 1, asking(servers));
    std::optional<Result<Endpoints>> hanging;
    std::optional<Result<Endpoints>> queued;
    begin(io, *look_ups, "dead.example", hanging);
    begin(io, *look_ups, "a.example", queued);
    while (servers->asked == 0) io.poll();
    look_ups->stop();
    while (!hanging || !queued) io.run_one();
    CHECK(hanging->error().reason == "shut_down");
    CHECK(queued->error().reason == "shut_down");
    CHECK(run(io, look_ups->resolve("a.example", 443, in(kLong))).error().reason == "shut_down");
    look_ups.reset();
  }
  // The loop is gone; the thread that comes back must not touch it.
  servers->revive();
  while (servers.use_count() > 1) std::this_thread::yield();
  CHECK(servers->asked == 1);
}

TEST_CASE("Names beyond the limit are refused at once") {
  asio::io_context io;
  const auto servers = std::make_shared<NameServers>();
  const auto look_ups = LookUps::create(io.get_executor(), 1, asking(servers));
  std::optional<Result<Endpoints>> hanging;
  begin(io, *look_ups, "dead.example", hanging);
  while (servers->asked == 0) io.poll();
  std::vector<std::optional<Result<Endpoints>>> crowd(LookUps::kMaxWaiting + 1);
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    begin(io, *look_ups, "dead" + std::to_string(i), crowd[i]);
  }
  while (!crowd.back()) io.poll();
  CHECK(crowd.back()->error().reason == "overloaded");
  CHECK_FALSE(crowd.front());
  servers->revive();
  look_ups->stop();
  while (!hanging || !crowd.front()) io.run_one();
}

}  // namespace settled::chains::http
