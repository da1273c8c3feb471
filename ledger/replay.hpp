#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "ledger/log.hpp"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/watch.hpp"

namespace settled::ledger {

/// Visits the records of the log in order, each after it was checked: it has the next number, its
/// envelope parses and says the same number, and it has the hash that its content gives upon the
/// record before. Ends with the first error, the visitor's included.
/// Error: Corrupt `verification_failed`, naming the record.
using VisitRecord = std::function<Status(const LogRecord& record, const pb::Envelope& envelope)>;
Status walk_log(const store::Reader& reader, const LogLayout& layout, const VisitRecord& visit);

/// Makes the tables again: applies commands of a log, one after the other, to a store that was
/// empty, and compares what each comes to with its record. In batches, so that memory does not grow
/// with the log. Not thread-safe.
class Replay {
 public:
  /// The store must outlive this. REQUIRES: it is empty.
  explicit Replay(store::Store& empty);

  /// The record after the last one, in the order of `walk_log`. Errors: Corrupt `replay_diverged`,
  /// naming the command and what differs; those of the store.
  Status add(const LogRecord& record, const pb::Envelope& envelope);

  /// Writes what is left, the head, and the rows of the format: `format` is that of the book whose
  /// log it is, "1" as long as it was not taken over. Errors: those of the store.
  Status finish(std::string_view format, const LogLayout& layout);

  const pb::Head& head() const { return head_; }

 private:
  Status write();

  store::Store& store_;
  Overlay overlay_;
  pb::Head head_;
  std::size_t waiting_ = 0;
};

/// Compares all rows but those outside the log ('N', 'O'), byte for byte, a page at a time.
/// Error: Corrupt `tables_differ`, naming the first row that differs.
Status compare_tables(const store::Reader& book, const store::Reader& replayed,
                      const Watch& watch = {});

}  // namespace settled::ledger
