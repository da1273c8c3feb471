#pragma once

#include <string>
#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/types/result.hpp"

/// What a command of the journal says by itself, and whether it says the same as the one that used
/// its reference before. Pure. The errors, in their order: journal.hpp.
namespace settled::ledger {

Status check_form(const pb::OpenAccount& command);
Status check_form(const pb::PostEntry& command);
Status check_form(const pb::PostHold& command);
Status check_form(const pb::VoidHold& command);

/// Kinds that people choose stand behind `journal.`, so that none can pass for one of the system's.
std::string stored_kind(std::string_view kind);

Status check_same(const pb::Account& existing, const pb::OpenAccount& command);
Status check_same(const pb::Entry& existing, const pb::PostEntry& command);
/// `existing` ends that hold in that way.
Status check_same_end(const pb::Entry& existing, const std::string& hold, pb::Phase phase);
/// `existing` posts that part of `held`.
Status check_same_part(const pb::Entry& existing, const pb::Entry& held,
                       const pb::PostHold& command);

}  // namespace settled::ledger
