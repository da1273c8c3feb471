#pragma once

#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "chains/http/task.hpp"
#include "daemon/async/signal.hpp"
#include "ledger/book.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::deposits {

using chains::http::Task;

/// Lets intents and the journal's holds expire: the book has no clock of its own. On the
/// io_context's thread.
class Expiry {
 public:
  /// The references must outlive this and everything under way.
  Expiry(const boost::asio::any_io_executor& executor, ledger::Book& book, const Clock& clock);
  Expiry(const Expiry&) = delete;
  Expiry& operator=(const Expiry&) = delete;

  /// Sends ExpireIntents and ExpireHolds while anything is due. Errors: those of the book.
  Task<Status> expire_due();
  /// The same twice a second, for ever. Ends with an error that does not pass; cancelled, it
  /// throws operation_aborted.
  Task<Status> run();

 private:
  Result<bool> any_in(const std::string& from, const std::string& to) const;
  Result<bool> is_intent_due() const;
  Result<bool> is_hold_due() const;

  ledger::Book& book_;
  const Clock& clock_;
  Signal doorbell_;
};

}  // namespace settled::daemon::deposits
