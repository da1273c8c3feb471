#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "chains/rpc/pool.hpp"
#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {

inline const std::string kOne = "http://one/";
inline const std::string kTwo = "http://two/";
inline const std::string kThree = "http://three/";

struct SetClock final : Clock {
  Time now() const override { return time; }
  Time time = from_ms(1'000'000);
};

struct Zeros final : Random {
  void fill(std::span<std::uint8_t> out) override;
};

/// Waiting that is over when the test says so.
class ScriptedWaits {
 public:
  Wait wait();
  /// Those that are being waited for, in the order in which they began.
  std::vector<std::chrono::milliseconds> under_way() const;
  /// All of them are over.
  void over();

 private:
  struct Waiting {
    std::chrono::milliseconds duration;
    Bell bell;
  };
  using All = std::vector<std::shared_ptr<Waiting>>;
  static Task<void> wait_for(std::shared_ptr<All> all, std::chrono::milliseconds duration);

  // Shared with those that wait, which may end after this.
  std::shared_ptr<All> all_ = std::make_shared<All>();
};

inline void poll_all(boost::asio::io_context& io) {
  io.restart();
  io.poll();
}

/// A task that runs while the test looks on.
template <typename T>
struct Spawned {
  std::optional<T> value = {};
  std::exception_ptr thrown = nullptr;
  boost::asio::cancellation_signal cancel = {};
};

/// Begins a task; `poll_all` lets everything go on that can.
template <typename T>
std::shared_ptr<Spawned<T>> spawn_on(boost::asio::io_context& io, Task<T> task) {
  auto out = std::make_shared<Spawned<T>>();
  const auto keep = [](Spawned<T>* into, Task<T> kept) -> Task<void> {
    into->value.emplace(co_await std::move(kept));
  };
  boost::asio::co_spawn(io, keep(out.get(), std::move(task)),
                        boost::asio::bind_cancellation_slot(
                            out->cancel.slot(), [out = out.get()](std::exception_ptr thrown) {
                              out->thrown = thrown;
                            }));
  poll_all(io);
  return out;
}

/// Two or three nodes of chain 1 with their pool, all at block 100. Time passes when the test says
/// so: `clock`, `waits`.
struct PoolWorld {
  explicit PoolWorld(std::size_t count = 2, std::size_t min_agreeing_nodes = 1);

  /// The node's latest block, and its final one.
  void head(const std::string& url, std::uint64_t number,
            std::optional<std::uint64_t> finalized = {});
  void fails(const std::string& url, Error error);
  void fails(const std::string& url) { fails(url, {Errc::Timeout, "timeout", "too slow"}); }

  Status start() { return http::run(io, pool.start()); }
  Result<Header> latest() { return http::run(io, pool.call<Header>(&ask_latest)); }
  Result<Heads> heads() { return http::run(io, pool.heads()); }
  void recheck();
  NodeHealth node(std::size_t index) const { return pool.health().at(index); }
  NodeState state(std::size_t index) const { return node(index).state; }
  std::size_t asked(const std::string& url) const;

  static Task<Result<Header>> ask_latest(Node& node) { return node.block(Tag::Latest); }

  template <typename T>
  std::shared_ptr<Spawned<T>> spawn(Task<T> task) {
    return spawn_on(io, std::move(task));
  }
  void poll() { poll_all(io); }

  boost::asio::io_context io;
  ScriptedNodes nodes;
  SetClock clock;
  Zeros random;
  ScriptedWaits waits;
  std::vector<std::string> forgeries;  ///< "node reason"
  std::vector<std::string> incidents;
  NodePool pool;

 private:
  NodePool::Settings settings(std::size_t count, std::size_t min_agreeing_nodes);
};

}  // namespace settled::chains::rpc
