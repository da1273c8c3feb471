#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/http/task.hpp"
#include "daemon/async/signal.hpp"
#include "ledger/book.hpp"
#include "wallet/deposit_addresses.hpp"

namespace settled::daemon::deposits {

using chains::http::Task;

/// How many addresses to keep ahead of their use: at least `kFewest`, doubling while more than half
/// of them go between two looks, halving while less than a sixteenth do. Pure.
inline constexpr std::size_t kFewest = 256;
inline constexpr std::size_t kMost = 4'096;
std::size_t next_reserve(std::size_t reserve, std::size_t used);

/// Keeps derived deposit addresses in the book ahead of the intents that need them, so that an
/// address is watched before anybody can know it. On the io_context's thread, which it never holds
/// for more than some milliseconds.
class AddressFeed {
 public:
  /// The references must outlive this and everything under way.
  AddressFeed(const boost::asio::any_io_executor& executor, ledger::Book& book,
              const wallet::DepositAddresses& addresses);
  AddressFeed(const AddressFeed&) = delete;
  AddressFeed& operator=(const AddressFeed&) = delete;

  /// Sees to it that at least as many addresses are unassigned. Several calls may run at once.
  /// Errors: Conflict `deposit_key_changed`: the books hold addresses of another extended key, so
  /// the daemon must not start; those of the book.
  Task<Status> ensure(std::size_t unassigned);

  /// Looks ten times a second and at every `wake`, for ever. Ends with an error of `ensure` that
  /// does not pass; cancelled, it throws operation_aborted.
  Task<Status> run();
  /// An intent found no address left.
  void wake();

 private:
  struct Pool {
    std::uint32_t added = 0;
    std::uint32_t assigned = 0;
  };
  Result<Pool> pool() const;
  Task<Status> add(std::uint32_t first, std::size_t count);

  boost::asio::any_io_executor executor_;
  ledger::Book& book_;
  const wallet::DepositAddresses& addresses_;
  class Turn;
  Signal doorbell_;
  boost::asio::steady_timer grown_;  // never expires: cancelled when addresses were added
  bool adding_ = false;
};

}  // namespace settled::daemon::deposits
