#pragma once

#include "ledger/commands.pb.h"
#include "ledger/types/result.hpp"

namespace settled::ledger {

/// Every text of a command must be UTF-8. Protobuf writes a text that is not and refuses to read
/// it again: the log record, and each row that the text got into, could never be read. A command
/// that was read from a log has passed this. Error: Invalid `invalid_text`. Pure.
Status check_texts(const pb::Command& command);

}  // namespace settled::ledger
