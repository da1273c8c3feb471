#include "chains/rpc/head_subscription.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/evm/u256.hpp"
#include "chains/http/client.hpp"
#include "tests/chains/http/socket_server.hpp"

namespace settled::chains::rpc {
namespace {

using http::SocketPeer;
using namespace std::chrono_literals;

constexpr const char* kSubscribed = R"({"jsonrpc":"2.0","id":1,"result":"0xcd0c3e8af590364c"})";

std::string head(std::uint64_t number) {
  return R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xcd","result":)"
         R"({"number":")" +
         evm::to_quantity(number) + R"(","parentHash":"0x00"}}})";
}

/// A subscription that listens to a server, until the test is over.
class World {
 public:
  explicit World(http::SocketScript script)
      : client_(http::Client::create(io.get_executor(), {}).value()),
        server(io, std::move(script)) {
    subscription.emplace(
        io.get_executor(),
        [this](http::WebSocket::Settings settings) {
          return client_->open_web_socket(std::move(settings));
        },
        http::WebSocket::Settings{.url = server.url()}, [this] { ++wakes; }, 1ms);
    boost::asio::co_spawn(io, subscription->run(),
                          boost::asio::bind_cancellation_slot(
                              stop_.slot(), [this](std::exception_ptr) { ended = true; }));
  }
  ~World() {
    stop_.emit(boost::asio::cancellation_type::terminal);
    while (!ended) io.run_one();
  }

  void until(const std::function<bool()>& reached) {
    while (!reached()) REQUIRE(io.run_one() > 0);
  }
  const HeadSubscription::Health& health() const { return subscription->health(); }

  boost::asio::io_context io;

 private:
  std::unique_ptr<http::Client> client_;
  boost::asio::cancellation_signal stop_;

 public:
  http::SocketServer server;
  std::optional<HeadSubscription> subscription;
  int wakes = 0;
  bool ended = false;
};

}  // namespace

TEST_CASE("What a subscription sends is told apart") {
  CHECK(announced_head(kSubscribed).value() == std::nullopt);
  CHECK(announced_head(head(4'096)).value() == 4'096);
  CHECK(announced_head(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}})")
            .error()
            .reason == "method_not_found");
  for (const char* message :
       {"", "null", "[]", "{}", "hello", R"({"jsonrpc":"2.0","id":2,"result":"0xcd"})",
        R"({"jsonrpc":"2.0","method":"eth_other","params":{"result":{"number":"0x1"}}})",
        R"({"method":"eth_subscription","params":[]})",
        R"({"method":"eth_subscription","params":{"result":null}})",
        R"({"method":"eth_subscription","params":{"result":{"number":1}}})",
        R"({"method":"eth_subscription","params":{"result":{"number":"0x1ffffffffffffffff"}}})",
        R"({"method":"eth_subscription","params":{"result":{"number":"0x1","number":"0x2"}}})"}) {
    INFO(message);
    const auto told = announced_head(message);
    REQUIRE_FALSE(told);
    CHECK(told.error().code == Errc::Corrupt);
  }
  CHECK_FALSE(announced_head(std::string(100, '[') + std::string(100, ']')));
}

TEST_CASE("An announced head wakes, and a node that closes is listened to again") {
  std::string asked;
  World world([&](SocketPeer& peer) -> http::Task<void> {
    asked = co_await peer.receive();
    co_await peer.send(kSubscribed);
    co_await peer.send(head(static_cast<std::uint64_t>(peer.number())));
    if (peer.number() == 2) co_await peer.receive();
  });
  world.until([&] { return world.wakes >= 2; });
  CHECK(asked == R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]})");
  CHECK(world.health().heads == 2);
  CHECK(world.health().connections == 2);
  CHECK(world.health().subscribed);
  CHECK(world.health().trouble.starts_with("connection_lost"));
}

TEST_CASE("A node that refuses or babbles is left, told, and tried again") {
  std::string says;
  std::string reason;
  SECTION("refuses") {
    says =
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"notifications not supported"}})";
    reason = "rpc_error";
  }
  SECTION("babbles") {
    says = "<html>";
    reason = "bad_answer";
  }
  SECTION("sends what is too large") {
    says = std::string(100'000, ' ');
    reason = "body_too_large";
  }
  World world([&](SocketPeer& peer) -> http::Task<void> {
    co_await peer.receive();
    co_await peer.send(says);
    co_await peer.receive();
  });
  world.until([&] { return world.health().connections >= 3; });
  CHECK(world.wakes == 0);
  CHECK(world.health().trouble.starts_with(reason));
  CHECK_FALSE(world.health().subscribed);
}

TEST_CASE("A subscription that is stopped closes its connection and ends") {
  World world([&](SocketPeer& peer) -> http::Task<void> {
    co_await peer.receive();
    co_await peer.send(kSubscribed);
    co_await peer.receive();
  });
  world.until([&] { return world.health().subscribed; });
  world.subscription->stop();
  world.until([&] { return world.ended; });
  CHECK(world.wakes == 0);
}

TEST_CASE("A flood of heads wakes now and then, and ends the connection") {
  World world([&](SocketPeer& peer) -> http::Task<void> {
    co_await peer.receive();
    for (std::uint64_t number = 1; co_await peer.send(head(number)); ++number) {
    }
  });
  world.until([&] { return world.health().trouble.starts_with("flood"); });
  // As many connections as it took for that many messages to fall into one second.
  const auto connections = static_cast<int>(world.health().connections);
  CHECK(world.health().heads >= HeadSubscription::kMostMessages);
  CHECK(world.wakes < static_cast<int>(world.health().heads));
  CHECK(connections >= 1);
}

TEST_CASE("A node that is not there is tried again") {
  boost::asio::io_context io;
  const auto client = http::Client::create(io.get_executor(), {}).value();
  int opened = 0;
  HeadSubscription subscription(
      io.get_executor(),
      [&](http::WebSocket::Settings settings) {
        ++opened;
        return client->open_web_socket(std::move(settings));
      },
      {.url = "ws://127.0.0.1:1/"}, [] {}, 1ms);
  boost::asio::cancellation_signal stop;
  bool ended = false;
  boost::asio::co_spawn(
      io, subscription.run(),
      boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { ended = true; }));
  while (opened < 4) REQUIRE(io.run_one() > 0);
  CHECK(subscription.health().trouble.starts_with("connect_failed"));
  stop.emit(boost::asio::cancellation_type::terminal);
  while (!ended) io.run_one();
}

}  // namespace settled::chains::rpc
