#include "ledger/record_form.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace settled::ledger {
namespace {

constexpr std::size_t kId = 16;
constexpr std::size_t kHash = 32;
constexpr std::size_t kAddress = 20;
constexpr std::size_t kAmount = 16;
constexpr std::uint32_t kWholeFee = 10'000;
/// Far beyond what a sum of a command's time and its durations can be, far below what can wrap.
constexpr std::int64_t kTimes = std::int64_t{1} << 60U;

using Fields = std::initializer_list<std::string_view>;

bool each_of(std::size_t size, Fields fields) {
  return std::ranges::all_of(fields, [=](std::string_view field) { return field.size() == size; });
}
bool each_of_or_empty(std::size_t size, Fields fields) {
  return std::ranges::all_of(
      fields, [=](std::string_view field) { return field.empty() || field.size() == size; });
}
bool ids(Fields fields) {
  return each_of(kId, fields);
}
bool ids_if_any(Fields fields) {
  return each_of_or_empty(kId, fields);
}
bool hashes(Fields fields) {
  return each_of(kHash, fields);
}
bool hashes_if_any(Fields fields) {
  return each_of_or_empty(kHash, fields);
}
bool addresses(Fields fields) {
  return each_of(kAddress, fields);
}
bool amounts(Fields fields) {
  return each_of_or_empty(kAmount, fields);
}
bool times(std::initializer_list<std::int64_t> fields) {
  return std::ranges::all_of(fields,
                             [](std::int64_t time) { return time > -kTimes && time < kTimes; });
}

bool is_whole(const pb::Counters& at) {
  return amounts(
      {at.debits_posted(), at.credits_posted(), at.debits_pending(), at.credits_pending()});
}
bool is_whole(const pb::Line& line) {
  return amounts({line.amount()});
}
bool is_whole(const pb::PaymentOption& option) {
  return addresses({option.token_address()});
}
bool is_whole(const pb::Approval& approval) {
  return ids_if_any({approval.key()}) && times({approval.at()});
}
bool is_whole(const pb::Attempt& attempt) {
  return hashes_if_any({attempt.tx_hash()}) && times({attempt.created()}) &&
         pb::AttemptStatus_IsValid(attempt.status());
}

template <typename List>
bool all_whole(const List& list) {
  return std::ranges::all_of(list, [](const auto& each) { return is_whole(each); });
}

}  // namespace

bool is_whole(const pb::Head& record) {
  return hashes_if_any({record.hash(), record.state_hash()}) && ids_if_any({record.last_id()}) &&
         times({record.time(), record.expired_until()});
}

bool is_whole(const pb::Merchant& record) {
  return ids({record.id()}) && times({record.created()});
}

bool is_whole(const pb::ApiKey& record) {
  return ids({record.id()}) && ids_if_any({record.merchant()}) &&
         times({record.created(), record.revoked()});
}

bool is_whole(const pb::Account& record) {
  return pb::AccountType_IsValid(record.type()) && is_whole(record.counters()) &&
         times({record.created(), record.closed(), record.uncleared_since()});
}

bool is_whole(const pb::HistoryRow& record) {
  return ids({record.entry()}) && is_whole(record.counters()) && times({record.uncleared_since()});
}

bool is_whole(const pb::Entry& record) {
  return ids({record.id()}) && ids_if_any({record.hold()}) && pb::Phase_IsValid(record.phase()) &&
         all_whole(record.lines()) && times({record.created(), record.expires_at()});
}

bool is_whole(const pb::Hold& record) {
  return ids({record.entry()}) && ids_if_any({record.resolved_by()});
}

bool is_whole(const pb::DepositAddress& record) {
  return ids_if_any({record.intent()});
}

bool is_whole(const pb::Intent& record) {
  return ids({record.id(), record.merchant()}) && addresses({record.deposit_address()}) &&
         pb::IntentStatus_IsValid(record.status()) && all_whole(record.options()) &&
         record.fee_bps() <= kWholeFee &&
         amounts({record.amount(), record.required(), record.received(), record.confirmed(),
                  record.refunded(), record.received_late(), record.fee_fixed(),
                  record.fee_charged(), record.finalized(), record.fee_fixed_charged()}) &&
         times({record.created(), record.expires_at(), record.late_until(), record.expired(),
                record.canceled()}) &&
         std::ranges::all_of(record.transfers(),
                             [](const auto& transfer) { return ids({transfer}); });
}

bool is_whole(const pb::Transfer& record) {
  return ids({record.id()}) &&
         ids_if_any({record.intent(), record.payout(), record.merchant(), record.hold()}) &&
         addresses({record.token_address(), record.from(), record.to()}) &&
         hashes_if_any({record.tx_hash(), record.block_hash()}) &&
         amounts({record.amount(), record.fee()}) &&
         times({record.block_time(), record.created()}) &&
         pb::TransferStatus_IsValid(record.status()) &&
         pb::Disposition_IsValid(record.disposition());
}

bool is_whole(const pb::Payout& record) {
  return ids({record.id(), record.merchant()}) &&
         ids_if_any({record.hold(), record.created_by(), record.refund()}) &&
         addresses({record.token_address(), record.destination()}) &&
         amounts({record.amount(), record.network_fee(), record.sent()}) &&
         pb::PayoutStatus_IsValid(record.status()) && all_whole(record.approvals()) &&
         all_whole(record.attempts()) && times({record.created()});
}

bool is_whole(const pb::Incident& record) {
  return ids({record.id()}) && times({record.created()});
}

bool is_whole(const pb::Refund& record) {
  return ids({record.id(), record.intent(), record.payout(), record.merchant()}) &&
         addresses({record.destination()}) && amounts({record.amount()}) &&
         pb::PayoutStatus_IsValid(record.status()) && times({record.created()});
}

bool is_whole(const pb::Period& record) {
  return ids({record.id()}) && ids_if_any({record.entry()}) &&
         times({record.from(), record.until(), record.closed()});
}

bool is_whole(const pb::Event& record) {
  return ids({record.id()}) && ids_if_any({record.merchant()}) && times({record.created()}) &&
         (!record.has_intent() || is_whole(record.intent())) &&
         (!record.has_transfer() || is_whole(record.transfer())) &&
         (!record.has_payout() || is_whole(record.payout())) &&
         (!record.has_refund() || is_whole(record.refund())) &&
         (!record.has_incident() || is_whole(record.incident()));
}

bool is_whole(const pb::Endpoint& record) {
  return ids({record.id()}) && ids_if_any({record.merchant()}) &&
         times({record.created(), record.previous_secret_until()});
}

bool is_whole(const pb::Block& record) {
  return hashes({record.hash()}) && times({record.time()});
}

bool is_whole(const pb::Chain& record) {
  return is_whole(record.head());
}

bool is_whole(const pb::SignerState& record) {
  return addresses({record.address()});
}

bool is_whole(const pb::Reply& record) {
  return (!record.has_merchant() || is_whole(record.merchant())) &&
         (!record.has_api_key() || is_whole(record.api_key())) &&
         (!record.has_intent() || is_whole(record.intent())) &&
         (!record.has_transfer() || is_whole(record.transfer())) &&
         (!record.has_payout() || is_whole(record.payout())) &&
         (!record.has_endpoint() || is_whole(record.endpoint())) &&
         (!record.has_refund() || is_whole(record.refund())) &&
         (!record.has_account() || is_whole(record.account())) &&
         (!record.has_entry() || is_whole(record.entry())) &&
         (!record.has_period() || is_whole(record.period()));
}

bool is_whole(const pb::IdempotencyRecord& record) {
  return is_whole(record.reply());
}

}  // namespace settled::ledger
