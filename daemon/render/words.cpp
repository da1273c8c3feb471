#include "daemon/render/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/access.hpp"
#include "ledger/intents.hpp"

namespace settled::daemon::render {
namespace {

namespace pb = ledger::pb;

template <typename Value>
struct Word {
  Value value;
  std::string_view text;
};

constexpr std::array kIntentStatus = {
    Word{pb::REQUIRES_PAYMENT, "requires_payment"},
    Word{pb::PARTIALLY_PAID, "partially_paid"},
    Word{pb::PROCESSING, "processing"},
    Word{pb::SUCCEEDED, "succeeded"},
    Word{pb::EXPIRED, "expired"},
    Word{pb::CANCELED, "canceled"},
};
constexpr std::array kTransferStatus = {
    Word{pb::SEEN, "seen"},
    Word{pb::CONFIRMED, "confirmed"},
    Word{pb::FINALIZED, "finalized"},
    Word{pb::REVERSED, "reversed"},
};
constexpr std::array kPayoutStatus = {
    Word{pb::PENDING_APPROVAL, "pending_approval"},
    Word{pb::QUEUED, "queued"},
    Word{pb::SUBMITTED, "submitted"},
    Word{pb::CONFIRMING, "confirming"},
    Word{pb::PAYOUT_SUCCEEDED, "succeeded"},
    Word{pb::FAILED, "failed"},
    Word{pb::REJECTED, "rejected"},
    Word{pb::PAYOUT_CANCELED, "canceled"},
    Word{pb::UNKNOWN, "unknown"},
};
constexpr std::array kAttemptStatus = {
    Word{pb::SIGNED, "submitted"},
    Word{pb::MINED, "mined"},
    Word{pb::ATTEMPT_REVERTED, "reverted"},
    Word{pb::ATTEMPT_FINAL, "final"},
};
constexpr std::array kDisposition = {
    Word{pb::MATCHED, "matched"},
    Word{pb::SUSPENSE, "suspense"},
};
constexpr std::array kAccountType = {
    Word{pb::ASSET, "asset"},   Word{pb::LIABILITY, "liability"}, Word{pb::EQUITY, "equity"},
    Word{pb::INCOME, "income"}, Word{pb::EXPENSE, "expense"},
};
constexpr std::array kPhase = {
    Word{pb::POSTED, "posted"},
    Word{pb::PENDING, "pending"},
    Word{pb::VOIDED, "voided"},
};
constexpr std::array kStatementPart = {
    Word{ledger::reports::StatementPart::Payments, "payments"},
    Word{ledger::reports::StatementPart::Fees, "fees"},
    Word{ledger::reports::StatementPart::Refunds, "refunds"},
    Word{ledger::reports::StatementPart::Payouts, "payouts"},
    Word{ledger::reports::StatementPart::Adjustments, "adjustments"},
};
constexpr std::array kLabels = {
    Word{ledger::kUnderpaid, "underpaid"},
    Word{ledger::kOverpaid, "overpaid"},
    Word{ledger::kLate, "late"},
    Word{ledger::kReversed, "reversed"},
};
constexpr std::array kScopes = {
    Word{ledger::kIntents, "intents"},
    Word{ledger::kPayouts, "payouts"},
    Word{ledger::kPayoutsApprove, "payouts.approve"},
    Word{ledger::kLedgerRead, "ledger.read"},
    Word{ledger::kWebhooks, "webhooks"},
    Word{ledger::kAdmin, "admin"},
};
constexpr std::array<std::string_view, 30> kEventTypes = {
    "incident.reported",
    "payment_intent.created",
    "payment_intent.partially_paid",
    "payment_intent.processing",
    "payment_intent.succeeded",
    "payment_intent.expired",
    "payment_intent.canceled",
    "payment_intent.reversed",
    "transfer.seen",
    "transfer.confirmed",
    "transfer.finalized",
    "transfer.reversed",
    "transfer.suspense",
    "payout.created",
    "payout.approved",
    "payout.rejected",
    "payout.held",
    "payout.submitted",
    "payout.succeeded",
    "payout.failed",
    "payout.canceled",
    "refund.created",
    "refund.approved",
    "refund.rejected",
    "refund.submitted",
    "refund.succeeded",
    "refund.failed",
    "refund.canceled",
    "reconciliation.passed",
    "reconciliation.failed",
};

template <typename Table, typename Value>
std::string_view word_of(const Table& table, Value value) {
  const auto found =
      std::ranges::find_if(table, [&](const auto& row) { return row.value == value; });
  INVARIANT(found != table.end());
  return found->text;
}

template <typename Value, std::size_t N>
std::optional<Value> value_of(const std::array<Word<Value>, N>& table, std::string_view text) {
  const auto found = std::ranges::find(table, text, &Word<Value>::text);
  if (found == table.end()) return std::nullopt;
  return found->value;
}

template <typename Table>
std::vector<std::string> words_of(const Table& table, std::uint32_t bits) {
  std::vector<std::string> out;
  for (const auto& row : table) {
    if ((bits & row.value) != 0) out.emplace_back(row.text);
  }
  return out;
}

}  // namespace

std::string_view word(pb::IntentStatus status) {
  return word_of(kIntentStatus, status);
}
std::string_view word(pb::TransferStatus status) {
  return word_of(kTransferStatus, status);
}
std::string_view word(pb::PayoutStatus status) {
  return word_of(kPayoutStatus, status);
}
std::string_view word(pb::AttemptStatus status) {
  return word_of(kAttemptStatus, status);
}
std::string_view word(pb::Disposition disposition) {
  return word_of(kDisposition, disposition);
}
std::string_view word(pb::AccountType type) {
  return word_of(kAccountType, type);
}
std::string_view word(pb::Phase phase) {
  return word_of(kPhase, phase);
}
std::string_view word(ledger::reports::StatementPart part) {
  return word_of(kStatementPart, part);
}

std::optional<pb::IntentStatus> intent_status(std::string_view word) {
  return value_of(kIntentStatus, word);
}
std::optional<pb::TransferStatus> transfer_status(std::string_view word) {
  return value_of(kTransferStatus, word);
}
std::optional<pb::PayoutStatus> payout_status(std::string_view word) {
  return value_of(kPayoutStatus, word);
}
std::optional<pb::Disposition> disposition(std::string_view word) {
  return value_of(kDisposition, word);
}

std::vector<std::string> label_words(std::uint32_t labels) {
  return words_of(kLabels, labels);
}

std::vector<std::string> scope_words(std::uint32_t scopes) {
  return words_of(kScopes, scopes);
}

Result<std::uint32_t> parse_scopes(const std::vector<std::string>& words) {
  std::uint32_t scopes = 0;
  for (const std::string& each : words) {
    const auto scope = value_of(kScopes, each);
    if (!scope) {
      return fail(Errc::Invalid, "unknown_scope", "there is no scope \"" + each + "\"", "scopes");
    }
    scopes |= *scope;
  }
  return scopes;
}

std::uint32_t all_scopes() {
  std::uint32_t scopes = 0;
  for (const auto& row : kScopes) scopes |= row.value;
  return scopes;
}

bool is_event_type(std::string_view word) {
  return std::ranges::find(kEventTypes, word) != kEventTypes.end();
}

}  // namespace settled::daemon::render
