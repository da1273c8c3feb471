#pragma once

#include <optional>
#include <vector>

#include "chains/http/task.hpp"
#include "ledger/book.hpp"

namespace settled::daemon {

using chains::http::Task;

/// Submits a command and resumes the caller on its own executor once the command is committed.
/// The book must outlive the wait. Not cancellable: what was submitted is carried out.
Task<Result<ledger::Applied>> apply(ledger::Book& book, ledger::pb::Command command,
                                    std::optional<ledger::pb::IdempotencyKey> key = {});

/// Submits all in this order, so that one commit takes them together, and waits for every answer.
Task<std::vector<Result<ledger::Applied>>> apply_all(ledger::Book& book,
                                                     std::vector<ledger::pb::Command> commands);

}  // namespace settled::daemon
