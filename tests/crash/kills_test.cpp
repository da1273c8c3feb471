// A child applies real commands to a book from several threads and acknowledges them through a
// pipe; it is killed at moments spread over its life, starts again, and must find what it
// acknowledged. SETTLED_CYCLES and SETTLED_SEED ask for other runs: tests/crash/run.
#include "tests/crash/kills.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <poll.h>
#include <random>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/verify.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

enum class Moment { Working, Recovering, Committing, Compacting, Idle };

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// How often a kill hit what.
struct Hits {
  int cycles = 0;
  int recovering = 0;
  int committing = 0;
  int compacting = 0;
  int idle = 0;
  int checked = 0;  ///< lives that found everything from before
  int verified = 0;
  std::uint64_t acknowledged = 0;
};

/// One data directory and all that was ever acknowledged in it.
class Victim {
 public:
  explicit Victim(std::mt19937_64& random) : random_(random) {
    std::ofstream(phases_file()) << std::string(sizeof(Phases), '\0');
    phases_ = map_phases(phases_file().c_str());
    REQUIRE(phases_ != nullptr);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() { ::munmap(phases_, sizeof(Phases)); }

  void live_and_die(Hits& hits) {
    const Moment moment = any_moment();
    const std::uint64_t after = moment == Moment::Idle ? 0 : random_() % 60;
    start(moment == Moment::Idle ? 12 : 100'000);
    read_until(moment, after);
    ::kill(pid_, SIGKILL);
    drain();
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    ::close(out_);
    INFO("the child's exit code: " << (WIFEXITED(status) ? WEXITSTATUS(status) : -1));
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    count(hits);
  }

  /// Everything that was ever acknowledged here, and the whole book.
  void verify_all(Hits& hits) {
    const auto store = store::open_leveldb(book(), {.cache_bytes = std::size_t{1} << 20U});
    if (!store) FAIL(store.error().reason << ": " << store.error().detail);
    const auto verified = verify(**store);
    if (!verified) FAIL(verified.error().reason << ": " << verified.error().detail);
    for (const Ack& ack : acks_) {
      CHECK(ack.sequence <= verified->commands);
      const auto key = key_of(ack.number);
      const auto record = read_record<pb::IdempotencyRecord>(
          **store, keys::idempotency(key.scope(), key.key_sha256()));
      REQUIRE(record.value().has_value());
      const pb::Reply& reply = (*record)->reply();
      const bool same = has_answer(
          ack, reply.has_refusal() ? reply.refusal().reason() : reply.SerializeAsString());
      CHECK(same);
    }
    ++hits.verified;
  }

 private:
  std::string book() const { return (directory_.path() / "book").string(); }
  std::string phases_file() const { return (directory_.path() / "phases").string(); }
  std::string acks_file() const { return (directory_.path() / "acks").string(); }

  Moment any_moment() {
    const auto roll = random_() % 100;
    if (roll < 25) return Moment::Recovering;
    if (roll < 50) return Moment::Committing;
    if (roll < 70) return Moment::Compacting;
    if (roll < 75) return Moment::Idle;
    return Moment::Working;
  }

  void start(std::uint64_t commands) {
    // Those since the last life that looked for them, and some of all.
    {
      std::ofstream file(acks_file(), std::ios::binary | std::ios::trunc);
      const auto write = [&](const Ack& ack) {
        file.write(reinterpret_cast<const char*>(&ack), sizeof ack);
      };
      for (std::size_t i = checked_; i < acks_.size(); ++i) write(acks_.at(i));
      for (int i = 0; i < 10 && !acks_.empty(); ++i) write(acks_.at(random_() % acks_.size()));
    }
    checking_ = acks_.size();
    phases_->recovering = phases_->committing = phases_->compacting = 0;
    phases_->checked = phases_->idle = 0;
    // A small one makes tables all the time, a large one a long log to recover.
    const std::uint64_t write_buffer = random_() % 2 == 0 ? 64U << 10U : 4U << 20U;
    const std::vector<std::string> words = {CRASH_CHILD,
                                            book(),
                                            phases_file(),
                                            acks_file(),
                                            std::to_string(++lives_ * 1'000'000),
                                            std::to_string(write_buffer),
                                            std::to_string(commands)};
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execv(CRASH_CHILD, arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
    open_ = true;
    pending_.clear();
  }

  /// Takes what the pipe holds, waiting at most so long for more.
  void take(int wait_ms) {
    pollfd ready{.fd = out_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, wait_ms) <= 0) return;
    char chunk[sizeof(Ack) * 64];
    const ssize_t size = ::read(out_, chunk, sizeof chunk);
    if (size <= 0) {
      open_ = false;
      return;
    }
    pending_.append(chunk, static_cast<std::size_t>(size));
    while (pending_.size() >= sizeof(Ack)) {
      Ack ack;
      std::memcpy(&ack, pending_.data(), sizeof ack);
      pending_.erase(0, sizeof ack);
      ++fresh_;
      // What every life asks for anew has one answer.
      if (ack.number >= 1'000'000 || numbers_.insert(ack.number).second) acks_.push_back(ack);
    }
  }

  /// Until the child is where it is to be killed; `after` so many acknowledgements of this life, or
  /// so many of 50 microseconds into its recovery.
  void read_until(Moment moment, std::uint64_t after) {
    fresh_ = 0;
    // A child that has done all its commands comes to no such moment any more.
    const auto spin = [&](auto done) {
      while (open_ && !done() && phases_->idle.load() == 0) take(0);
    };
    if (moment == Moment::Recovering) {
      spin([&] { return phases_->recovering.load() == 1; });
      const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(50 * after);
      spin([&] { return std::chrono::steady_clock::now() >= until; });
      return;
    }
    while (open_ && fresh_ < after) take(20);
    if (moment == Moment::Committing) spin([&] { return phases_->committing.load() == 1; });
    if (moment == Moment::Idle) spin([&] { return phases_->idle.load() == 1; });
    if (moment == Moment::Compacting) {
      const std::uint64_t most = fresh_ + 1'500;
      spin([&] { return phases_->compacting.load() > 0 || fresh_ >= most; });
    }
  }

  void drain() {
    while (open_) take(-1);
    CHECK(pending_.empty());
  }

  void count(Hits& hits) {
    ++hits.cycles;
    if (phases_->recovering.load() == 1) ++hits.recovering;
    if (phases_->committing.load() == 1) ++hits.committing;
    if (phases_->compacting.load() > 0) ++hits.compacting;
    if (phases_->idle.load() == 1) ++hits.idle;
    if (phases_->checked.load() == 1) {
      ++hits.checked;
      checked_ = checking_;
    }
    hits.acknowledged += fresh_;
  }

  std::mt19937_64& random_;
  TempDirectory directory_;
  Phases* phases_ = nullptr;
  std::vector<Ack> acks_;
  std::set<std::uint64_t> numbers_;
  std::size_t checked_ = 0;   ///< so many of `acks_` were found again by a later life
  std::size_t checking_ = 0;  ///< so many the present life looks for
  std::uint64_t lives_ = 0;
  pid_t pid_ = 0;
  int out_ = -1;
  bool open_ = false;
  std::string pending_;
  std::uint64_t fresh_ = 0;
};

}  // namespace

TEST_CASE("kill -9 in commits, recoveries and compactions loses nothing that was acknowledged") {
  const std::uint64_t cycles = number_from("SETTLED_CYCLES", 100);
  const std::uint64_t seed = number_from("SETTLED_SEED", 20261121);
  constexpr std::uint64_t kCyclesPerDirectory = 250;
  constexpr std::uint64_t kCyclesPerVerification = 25;
  std::mt19937_64 random(seed);
  CAPTURE(seed);
  Hits hits;
  std::optional<Victim> victim;
  for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (cycle % kCyclesPerDirectory == 0) victim.emplace(random);
    INFO("cycle " << cycle);
    victim->live_and_die(hits);
    if (cycle % kCyclesPerVerification == kCyclesPerVerification - 1) victim->verify_all(hits);
  }
  victim->verify_all(hits);
  std::cout << "kills: " << hits.cycles << ", in a commit " << hits.committing << ", in a recovery "
            << hits.recovering << ", in a compaction " << hits.compacting << ", idle " << hits.idle
            << "; " << hits.checked << " lives found all from before; commands acknowledged "
            << hits.acknowledged << ", whole books verified " << hits.verified << "\n";
  CHECK(hits.committing > 0);
  CHECK(hits.recovering > 0);
  CHECK(hits.compacting > 0);
  CHECK(hits.idle > 0);
  CHECK(hits.checked > 0);
}
