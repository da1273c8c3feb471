#include "daemon/deposits/address_feed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/async/book.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::deposits {
namespace {

namespace pb = ledger::pb;

constexpr std::chrono::milliseconds kLook{100};
/// Addresses derived before others get the thread: one takes some tens of microseconds.
constexpr std::size_t kSlice = 32;

bool passes(const Error& error) {
  return error.code == Errc::Unavailable || error.code == Errc::Timeout;
}

constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace

/// Holds the right to derive; gives it back, and wakes who waits, however the holder ends.
class AddressFeed::Turn {
 public:
  explicit Turn(AddressFeed& feed) : feed_(feed) { feed_.adding_ = true; }
  ~Turn() {
    feed_.adding_ = false;
    feed_.grown_.cancel();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  AddressFeed& feed_;
};

std::size_t next_reserve(std::size_t reserve, std::size_t used) {
  if (used * 2 > reserve) return std::min(reserve * 2, kMost);
  if (used * 16 < reserve) return std::max(reserve / 2, kFewest);
  return reserve;
}

AddressFeed::AddressFeed(const boost::asio::any_io_executor& executor, ledger::Book& book,
                         const wallet::DepositAddresses& addresses)
    : executor_(executor),
      book_(book),
      addresses_(addresses),
      doorbell_(executor),
      grown_(executor, boost::asio::steady_timer::time_point::max()) {}

Result<AddressFeed::Pool> AddressFeed::pool() const {
  TRY(const auto stored,
      ledger::read_record<pb::DepositPool>(book_.reader(), ledger::keys::deposit_pool()));
  if (!stored) return Pool{};
  if (stored->xpub_id() != addresses_.id()) {
    return fail(Errc::Conflict, "deposit_key_changed",
                "the books hold addresses of another extended public key than the settings");
  }
  return Pool{stored->added(), stored->assigned()};
}

Task<Status> AddressFeed::ensure(std::size_t unassigned) {
  for (;;) {
    CO_TRY(const Pool now, pool());
    const std::size_t left = now.added - now.assigned;
    if (left >= unassigned) co_return Status{};
    // One call derives and all others wait for it: addresses are numbered, so whatever a second
    // one derived meanwhile would be refused.
    if (adding_) {
      co_await grown_.async_wait(kTuple);
      continue;
    }
    const Turn turn(*this);
    CO_TRY_OK(co_await add(now.added, std::min(unassigned - left, kMost)));
  }
}

Task<Status> AddressFeed::add(std::uint32_t first, std::size_t count) {
  pb::Command command;
  pb::AddDepositAddresses& add = *command.mutable_add_deposit_addresses();
  add.set_xpub_id(addresses_.id());
  add.set_first_index(first);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kSlice == kSlice - 1) co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    CO_TRY(const auto address, addresses_.address(first + static_cast<std::uint32_t>(i)));
    add.add_addresses(address.raw());
  }
  CO_TRY_OK(co_await apply(book_, std::move(command)));
  co_return Status{};
}

Task<Status> AddressFeed::run() {
  std::size_t reserve = kFewest;
  CO_TRY(const Pool at_start, pool());
  std::uint32_t assigned = at_start.assigned;
  for (;;) {
    CO_TRY(const Pool now, pool());
    reserve = next_reserve(reserve, now.assigned - assigned);
    assigned = now.assigned;
    // Filled up in one go rather than one by one.
    const bool low = now.added - now.assigned < reserve - reserve / 4;
    const Status filled = low ? co_await ensure(reserve) : Status{};
    if (!filled && !passes(filled.error())) co_return filled;
    co_await doorbell_.wait(kLook);
  }
}

void AddressFeed::wake() {
  doorbell_.ring();
}

}  // namespace settled::daemon::deposits
