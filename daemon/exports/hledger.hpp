#pragma once

#include <string>
#include <string_view>

#include "ledger/records.pb.h"

/// The books as a journal of hledger's (https://hledger.org/1.25/hledger.html), declared so that
/// `hledger --strict check` passes and `hledger balance` shows each account's posted debits less
/// credits, exactly.
namespace settled::daemon::exports {

std::string_view hledger_header();
/// `commodity` with all 18 decimals.
void add_commodity(std::string& out, std::string_view currency);
/// `account` with its type.
void add_account(std::string& out, const ledger::pb::Account& account);
/// The other side of what an export leaves out, where it shows the lines of some accounts alone.
inline constexpr std::string_view kElsewhere = "equity:elsewhere";
void add_elsewhere(std::string& out);

/// A POSTED entry as a transaction: date (UTC), code = id, description = kind and subject; lines
/// that do not sum to zero in a currency are balanced by `equity:elsewhere`. Holds and their ends
/// move no posted money and are comments.
void add_transaction(std::string& out, const ledger::pb::Entry& entry);

/// A name as hledger takes it: whatever could end it is percent-encoded.
std::string hledger_name(std::string_view name);

}  // namespace settled::daemon::exports
