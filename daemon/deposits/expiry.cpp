#include "daemon/deposits/expiry.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/async/book.hpp"
#include "ledger/keys.hpp"

namespace settled::daemon::deposits {
namespace {

constexpr std::chrono::milliseconds kLook{500};
constexpr std::uint32_t kAtOnce = 1'000;
/// Commands in a row; what is due beyond waits for the next look.
constexpr unsigned kMostInARow = 100;

bool passes(const Error& error) {
  return error.code == Errc::Unavailable || error.code == Errc::Timeout;
}

}  // namespace

Expiry::Expiry(const boost::asio::any_io_executor& executor, ledger::Book& book, const Clock& clock)
    : book_(book), clock_(clock), doorbell_(executor) {}

Result<bool> Expiry::any_in(const std::string& from, const std::string& to) const {
  bool any = false;
  if (from >= to) return any;
  TRY_OK(book_.reader().scan(from, to, [&](std::string_view, std::string_view) {
    any = true;
    return false;
  }));
  return any;
}

Result<bool> Expiry::is_intent_due() const {
  using std::chrono::milliseconds;
  // What was looked at before is gone; starting behind it spares the engine its tombstones.
  return any_in(ledger::keys::expiry(from_ms(book_.head().expired_until()), {}),
                ledger::keys::expiry(clock_.now() + milliseconds{1}, {}));
}

Result<bool> Expiry::is_hold_due() const {
  using std::chrono::milliseconds;
  return any_in(ledger::keys::hold_expiry(Time{}, {}),
                ledger::keys::hold_expiry(clock_.now() + milliseconds{1}, {}));
}

Task<Status> Expiry::expire_due() {
  for (unsigned i = 0; i < kMostInARow; ++i) {
    CO_TRY(const bool intents, is_intent_due());
    CO_TRY(const bool holds, is_hold_due());
    if (!intents && !holds) co_return Status{};
    ledger::pb::Command command;
    if (intents) {
      command.mutable_expire_intents()->set_limit(kAtOnce);
      CO_TRY_OK(co_await apply(book_, command));
    }
    if (holds) {
      command.mutable_expire_holds()->set_limit(kAtOnce);
      CO_TRY_OK(co_await apply(book_, command));
    }
  }
  co_return Status{};
}

Task<Status> Expiry::run() {
  for (;;) {
    const Status expired = co_await expire_due();
    if (!expired && !passes(expired.error())) co_return expired;
    co_await doorbell_.wait(kLook);
  }
}

}  // namespace settled::daemon::deposits
