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

Result<bool> Expiry::is_due() const {
  using std::chrono::milliseconds;
  // What was looked at before is gone; starting behind it spares the engine its tombstones.
  const std::string from = ledger::keys::expiry(from_ms(book_.head().expired_until()), {});
  const std::string to = ledger::keys::expiry(clock_.now() + milliseconds{1}, {});
  bool due = false;
  if (from >= to) return due;
  TRY_OK(book_.reader().scan(from, to, [&](std::string_view, std::string_view) {
    due = true;
    return false;
  }));
  return due;
}

Task<Status> Expiry::expire_due() {
  for (unsigned i = 0; i < kMostInARow; ++i) {
    CO_TRY(const bool due, is_due());
    if (!due) co_return Status{};
    ledger::pb::Command command;
    command.mutable_expire_intents()->set_limit(kAtOnce);
    CO_TRY_OK(co_await apply(book_, std::move(command)));
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
