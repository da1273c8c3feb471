#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/records.pb.h"
#include "ledger/statement.hpp"
#include "ledger/types/result.hpp"

/// The words of the API for stored enumerators and bits, both ways.
namespace settled::daemon::render {

std::string_view word(ledger::pb::IntentStatus status);
std::string_view word(ledger::pb::TransferStatus status);
std::string_view word(ledger::pb::PayoutStatus status);
std::string_view word(ledger::pb::AttemptStatus status);
std::string_view word(ledger::pb::Disposition disposition);
std::string_view word(ledger::pb::AccountType type);
std::string_view word(ledger::pb::Phase phase);
std::string_view word(ledger::reports::StatementPart part);

std::optional<ledger::pb::IntentStatus> intent_status(std::string_view word);
std::optional<ledger::pb::TransferStatus> transfer_status(std::string_view word);
std::optional<ledger::pb::PayoutStatus> payout_status(std::string_view word);
std::optional<ledger::pb::Disposition> disposition(std::string_view word);

/// Of pb::Intent.labels, in the order underpaid, overpaid, late, reversed.
std::vector<std::string> label_words(std::uint32_t labels);

/// Of pb::ApiKey.scopes.
std::vector<std::string> scope_words(std::uint32_t scopes);
/// Error: Invalid `unknown_scope`.
Result<std::uint32_t> parse_scopes(const std::vector<std::string>& words);
/// Every scope there is.
std::uint32_t all_scopes();

/// Whether an event of this type can ever be sent.
bool is_event_type(std::string_view word);

}  // namespace settled::daemon::render
