#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "ledger/book.hpp"

namespace settled::bench {

struct Submission {
  ledger::pb::Command command;
  ledger::pb::IdempotencyKey key;
};

/// What a lane sends next, given the answer to what it sent before; none ends the pass.
using Next = std::function<std::optional<Submission>(const ledger::pb::Reply* last)>;

struct Pass {
  std::size_t commands = 0;
  double seconds = 0;
  double cpu_seconds = 0;            ///< of all threads of this process, the clients' included
  std::vector<double> microseconds;  ///< from submitting to the answer, which is durable by then
};

/// Keeps `in_flight` commands with the book, one a lane, from one thread as the daemon does, until
/// `next` has no more or `limit_s` is over; then waits for all. A refusal ends the program.
Pass drive(ledger::Book& book, std::size_t in_flight, double limit_s, const Next& next);

}  // namespace settled::bench
