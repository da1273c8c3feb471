#pragma once

#include "chains/http/task.hpp"
#include "ledger/checkpointer.hpp"

namespace settled::daemon {

using chains::http::Task;

/// Asks for a checkpoint at the committed head and resumes the caller on its own executor once it
/// is made. The checkpointer must outlive the wait. Not cancellable.
Task<Result<ledger::SignedCheckpoint>> make_checkpoint(ledger::Checkpointer& checkpointer);

}  // namespace settled::daemon
