#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "tests/sim/bugs.hpp"
#include "tests/sim/checks.hpp"
#include "tests/sim/daemon.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/trace.hpp"
#include "tests/sim/virtual_time.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/memory_disk.hpp"

namespace settled::sim {

/// What became of a world.
struct Outcome {
  std::string broken;        ///< the first invariant that did not hold; empty: all did
  std::uint64_t digest = 0;  ///< of everything that happened
  std::int64_t lasted_ms = 0;
  std::uint64_t commits = 0;
  std::size_t lives = 0;
  std::size_t credits = 0;  ///< transfers of ours that were final at the end
};

struct WorldSettings {
  Bug bug = Bug::None;
  bool shown = false;  ///< every event is printed
};

/// One world: runs its plan to the end, and on until everything has come to rest.
class World {
 public:
  World(Plan plan, WorldSettings settings);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Outcome run();

 private:
  enum class End : std::uint8_t { None, Done, Broken, Killed, PowerLost };
  struct Intent {
    Event event;
    bool wanted = false;
    bool cancel_wanted = false;
    std::string id;  ///< empty: not answered yet
    Address address;
  };

  void schedule();
  void at(std::int64_t time_ms, std::function<void()> what);
  void mine(std::size_t chain);
  void happen(const Event& event);
  void pay(const Event& event);
  std::vector<Transfer> transfers_of(const Event& event, const Intent& intent) const;
  void plan_fault(const Event& event);

  void live();
  tests::FaultPlan next_disk_fault();
  void tick();
  void act(Intent& intent);
  daemon::Task<void> create(Intent* intent);
  daemon::Task<void> cancel(Intent* intent);

  void after_book();
  void at_rest();
  void check(bool all);
  std::string check_intents() const;
  bool is_done();
  void broken(const std::string& what);
  void end(End how);
  std::string state() const;

  Plan plan_;
  const WorldSettings settings_;
  VirtualTime time_;
  Trace trace_;
  Network network_;
  std::vector<std::unique_ptr<Chain>> chains_;
  std::vector<Followed> followed_;
  std::vector<chains::ChainSettings> chain_settings_;
  std::vector<Intent> intents_;
  std::multimap<std::int64_t, std::function<void()>> agenda_;
  std::vector<Event> disk_faults_;
  std::int64_t calm_ms_ = 0;

  tests::MemoryDisk bytes_;
  std::unique_ptr<tests::FaultEnv> disk_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<boost::asio::steady_timer> timer_;
  End end_ = End::None;
  bool disk_fails_ = false;  // told, and not silently
  std::uint64_t acknowledged_ = 0;
  std::string acknowledged_record_;
  std::uint64_t checked_ = 0;
  Outcome outcome_;
};

}  // namespace settled::sim
