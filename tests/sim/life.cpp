#include <algorithm>
#include <chrono>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"
#include "tests/sim/world.hpp"

/// The world's lives of the daemon, one after the other, and what is looked at while they last.
namespace settled::sim {
namespace {

namespace pb = ledger::pb;

/// From the last event to rest, at most: the longest rest of a convicted node, the longest wait
/// between two attempts of a webhook, and the chain's way to a final block.
constexpr std::int64_t kCalmMs = 1'800'000;
constexpr std::uint64_t kCheckAllEvery = 8;
constexpr std::size_t kMostLives = 64;

}  // namespace

Outcome World::run() {
  while (end_ != End::Done && end_ != End::Broken) {
    end_ = End::None;
    if (++outcome_.lives > kMostLives) {
      broken("the daemon does not stay alive");
      break;
    }
    live();
  }
  outcome_.digest = trace_.digest();
  outcome_.lasted_ms = time_.elapsed_ms();
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    for (const BlockPtr& block : chains_[i]->blocks()) outcome_.credits += block->ours.size();
  }
  return outcome_;
}

tests::FaultPlan World::next_disk_fault() {
  tests::FaultPlan out;
  disk_fails_ = false;
  const auto due = std::ranges::find_if(
      disk_faults_, [this](const Event& event) { return event.at_ms <= time_.elapsed_ms(); });
  if (due == disk_faults_.end()) return out;
  disk_fails_ = due->act == Act::DiskFails;
  out.kind = disk_fails_ ? tests::FaultKind::Error : tests::FaultKind::Dropped;
  out.operation = due->amount;
  out.lasting = true;
  disk_faults_.erase(due);
  return out;
}

/// One life of the daemon, from its start to its end, whatever ends it.
void World::live() {
  disk_ = std::make_unique<tests::FaultEnv>(next_disk_fault(), &bytes_);
  auto opened = Daemon::open({time_, network_, *disk_, settings_.bug, plan_.seed + outcome_.lives},
                             chain_settings_);
  if (opened) {
    daemon_ = *std::move(opened);
    check(true);
    for (Intent& intent : intents_) act(intent);
    timer_ = std::make_unique<boost::asio::steady_timer>(daemon_->executor());
    tick();
    if (end_ == End::None) daemon_->run();
    timer_.reset();
  } else if (!disk_->fired()) {
    broken("the books do not open: " + opened.error().reason + ": " + opened.error().detail);
  } else {
    end_ = disk_fails_ ? End::Killed : End::PowerLost;
  }
  disk_->cut_power();
  daemon_.reset();
  if (end_ == End::PowerLost) disk_->lose_power();
}

void World::tick() {
  const auto now = time_.elapsed_ms();
  while (!agenda_.empty() && agenda_.begin()->first <= now && end_ == End::None) {
    const auto next = agenda_.extract(agenda_.begin());
    next.mapped()();
  }
  // Where a life has ended the next one goes on.
  if (agenda_.empty() || end_ != End::None) return;
  timer_->expires_at(
      std::chrono::steady_clock::time_point(std::chrono::milliseconds(agenda_.begin()->first)));
  timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void World::after_book() {
  if (end_ != End::None) return;
  if (disk_->fired() || daemon_->book().poisoned()) {
    end(disk_fails_ ? End::Killed : End::PowerLost);
    return;
  }
  const std::uint64_t sequence = daemon_->book().head().sequence();
  if (sequence == acknowledged_) return;
  acknowledged_ = sequence;
  acknowledged_record_ = daemon_->store().get(ledger::keys::log(sequence)).value().value_or("");
  trace_.note(time_.elapsed_ms(),
              "commit " + std::to_string(sequence) + " " + daemon_->book().head().hash());
}

void World::at_rest() {
  if (end_ != End::None) return;
  if (disk_->fired() || daemon_->book().poisoned()) {
    end(disk_fails_ ? End::Killed : End::PowerLost);
    return;
  }
  if (!daemon_->ended().empty()) broken(daemon_->ended());
  if (acknowledged_ != checked_) check(++outcome_.commits % kCheckAllEvery == 0);
  const std::int64_t now = time_.elapsed_ms();
  if (end_ != End::None || now < calm_ms_) return;
  if (is_done()) {
    check(true);
    std::string wrong = check_webhooks(daemon_->store(), network_.receiver());
    if (wrong.empty()) wrong = check_intents();
    if (!wrong.empty()) broken(wrong);
    end(End::Done);
  } else if (now > calm_ms_ + kCalmMs) {
    broken("no rest " + std::to_string(kCalmMs / 60'000) +
           " minutes after the last fault: " + state());
  }
}

void World::check(bool all) {
  checked_ = acknowledged_;
  const ledger::store::Reader& books = daemon_->store();
  const std::uint64_t sequence = daemon_->book().head().sequence();
  const auto record = books.get(ledger::keys::log(acknowledged_)).value();
  if (sequence < acknowledged_ || (acknowledged_ > 0 && record != acknowledged_record_)) {
    broken("command " + std::to_string(acknowledged_) + " was acknowledged and is lost");
    return;
  }
  std::string wrong = check_balances(books, followed_);
  if (wrong.empty() && all) wrong = check_transfers(books, followed_);
  if (!wrong.empty()) broken(wrong);
}

/// However often a request was made, it made one intent, and that is the one that was answered.
std::string World::check_intents() const {
  const ledger::store::Reader& books = daemon_->store();
  std::size_t wanted = 0;
  for (const Intent& intent : intents_) {
    if (!intent.wanted) continue;
    ++wanted;
    const auto stored = ledger::read_record<pb::Intent>(books, ledger::keys::intent(intent.id));
    if (!stored.value()) return "an intent was answered and is not in the books";
    if ((*stored)->deposit_address() != intent.address.raw()) {
      return "an intent was answered with another address than it has";
    }
  }
  std::size_t made = 0;
  const std::string prefix = ledger::keys::Key(ledger::keys::Table::Intent);
  const Status read = books.scan(prefix, ledger::store::prefix_end(prefix),
                                 [&](std::string_view, std::string_view) { return ++made > 0; });
  INVARIANT(read.has_value());
  if (made == wanted) return {};
  return std::to_string(wanted) + " intents were asked for, and " + std::to_string(made) + " made";
}

bool World::is_done() {
  if (daemon_->webhooks().pending > 0) return false;
  if (!agenda_.empty() && agenda_.begin()->first <= time_.elapsed_ms()) return false;
  for (const Intent& intent : intents_) {
    if (intent.wanted && intent.id.empty()) return false;
  }
  for (std::size_t i = 0; i < followed_.size(); ++i) {
    const auto chain =
        ledger::read_record<pb::Chain>(daemon_->store(), ledger::keys::chain(followed_[i].name))
            .value();
    const Chain& truth = *followed_[i].chain;
    if (!chain || !truth.idle()) return false;
    // The follower is there; the books need not be told of blocks without anything of ours.
    const auto& head = daemon_->status(i).head;
    if (!head || head->hash != truth.head().ref.hash) return false;
    if (chain->final_number() < truth.last_credit()) return false;
  }
  return true;
}

std::string World::state() const {
  std::string out = std::to_string(daemon_->webhooks().pending) + " webhooks are pending";
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    const chains::FollowStatus& status = daemon_->status(i);
    out += "; " + followed_[i].name + " is " + std::string(chains::to_string(status.state)) +
           " at block " + std::to_string(status.head ? status.head->number : 0) + " (final " +
           std::to_string(status.final_number) + ") of " +
           std::to_string(chains_[i]->head().ref.number) + " (final " +
           std::to_string(chains_[i]->final_number()) + ")";
    if (!status.reason.empty()) out += ": " + status.reason + ": " + status.detail;
  }
  return out;
}

void World::broken(const std::string& what) {
  if (outcome_.broken.empty()) outcome_.broken = what;
  end(End::Broken);
}

void World::end(End how) {
  if (end_ != End::None) return;
  end_ = how;
  if (daemon_) daemon_->stop();
}

}  // namespace settled::sim
