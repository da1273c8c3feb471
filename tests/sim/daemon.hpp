#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "daemon/deposits/expiry.hpp"
#include "daemon/process/chain_service.hpp"
#include "daemon/process/nursery.hpp"
#include "daemon/render/render.hpp"
#include "daemon/webhooks/deliverer.hpp"
#include "ledger/book.hpp"
#include "ledger/store/store.hpp"
#include "tests/sim/bugs.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/virtual_time.hpp"
#include "tests/support/memory_disk.hpp"

namespace settled::sim {

/// The merchant of every world, and our addresses.
struct Shop {
  std::string merchant;  ///< raw id
  std::vector<Address> addresses;
  static constexpr std::size_t kAddresses = 24;
};

/// What a new world's disk holds: books with a shop, its webhook endpoint and its addresses, made
/// once in a process. REQUIRES: a VirtualTime.
struct Beginning {
  tests::MemoryDisk::Contents disk;
  Shop shop;
};
const Beginning& beginning();

/// What webhooks are rendered with.
const daemon::render::Context& render_context();

/// One life of the daemon, put together as daemon/process does it, from the store upwards.
class Daemon {
 public:
  struct Seams {
    VirtualTime& time;
    Network& network;
    leveldb::Env& disk;
    Bug bug = Bug::None;
    std::uint64_t seed = 0;
  };
  static Result<std::unique_ptr<Daemon>> open(Seams seams,
                                              const std::vector<chains::ChainSettings>& chains);
  /// Dies as a process does: nothing is finished. Cut the disk's power before.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Runs until `stop`.
  void run() { loop_.run(); }
  void stop() { loop_.stop(); }
  boost::asio::any_io_executor executor() { return loop_.get_executor(); }

  ledger::Book& book() { return *book_; }
  const ledger::store::Store& store() const { return *store_; }
  const chains::FollowStatus& status(std::size_t chain) const { return chains_[chain]->status(); }
  daemon::webhooks::Health webhooks() const { return deliverer_->health(); }
  /// What ended a part that must not end; empty while all is well.
  const std::string& ended() const { return ended_; }

 private:
  /// Its shutdown destroys what waits, while everything that the waiting refer to still stands.
  struct Loop : boost::asio::io_context {
    Loop() : io_context(1) {}
    void abandon() { shutdown(); }
  };

  explicit Daemon(Seams seams);
  Status open_books();
  void open_services(const std::vector<chains::ChainSettings>& chains);
  void on_commit();
  daemon::Task<void> must_not_end(std::string what, daemon::Task<Status> task);

  Seams seams_;
  LoopClock clock_;
  BookClock book_clock_;
  SeededRandom random_;
  SeededRandom book_random_;
  Loop loop_;
  std::unique_ptr<ledger::store::Store> store_;
  std::unique_ptr<ledger::Book> book_;
  std::atomic<bool> wake_posted_ = false;
  std::vector<std::unique_ptr<daemon::process::ChainService>> chains_;
  std::unique_ptr<daemon::webhooks::Deliverer> deliverer_;
  std::unique_ptr<daemon::deposits::Expiry> expiry_;
  std::unique_ptr<daemon::process::Nursery> nursery_;
  std::string ended_;
};

}  // namespace settled::sim
