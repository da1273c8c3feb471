#pragma once

#include <string>
#include <string_view>

#include "ledger/commands.pb.h"

/// Stored things in words, for an operator who reads what is wrong with the books.
namespace settled::ledger {

/// The table and the key: "account liability:suspense:late:USDC", "payout po_...", or the bytes in
/// hex where they are no text.
std::string describe_key(std::string_view key);

/// The kind of a command as it is called in commands.proto: "request_payout".
std::string_view command_name(const pb::Command& command);

/// "command 17 (request_payout, 2026-11-21T01:37:52.123Z)".
std::string describe_envelope(const pb::Envelope& envelope);

}  // namespace settled::ledger
