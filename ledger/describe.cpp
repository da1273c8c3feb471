#include "ledger/describe.hpp"

#include <algorithm>

#include "ledger/keys.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger {
namespace {

/// How the rest of a key reads: as text or bytes, as a number, or as the id of something.
enum class Rest { Bytes, Number, Intent, Transfer, Payout, Entry, Endpoint, Merchant, ApiKey };

struct TableWords {
  std::string_view name;
  Rest rest = Rest::Bytes;
};

TableWords words_of(keys::Table table) {
  using keys::Table;
  switch (table) {
    case Table::Account:
      return {"account"};
    case Table::Block:
      return {"block"};
    case Table::Chain:
      return {"chain"};
    case Table::DepositAddress:
      return {"deposit address"};
    case Table::Entry:
      return {"entry", Rest::Entry};
    case Table::Hold:
      return {"hold", Rest::Entry};
    case Table::Intent:
      return {"intent", Rest::Intent};
    case Table::Idempotency:
      return {"idempotency record"};
    case Table::Log:
      return {"log record", Rest::Number};
    case Table::Meta:
      return {"row of the book itself"};
    case Table::Operational:
      return {"operational row"};
    case Table::Tree:
      return {"tree tile"};
    case Table::Payout:
      return {"payout", Rest::Payout};
    case Table::Period:
      return {"period", Rest::Number};
    case Table::Refund:
      return {"refund"};
    case Table::Signer:
      return {"signer"};
    case Table::Transfer:
      return {"transfer", Rest::Transfer};
    case Table::Event:
      return {"event", Rest::Number};
    case Table::Endpoint:
      return {"webhook endpoint", Rest::Endpoint};
    case Table::Merchant:
      return {"merchant", Rest::Merchant};
    case Table::ApiKey:
      return {"API key", Rest::ApiKey};
    case Table::AccountHistory:
      return {"index of an account's history"};
    case Table::MerchantRefund:
      return {"index of refunds by merchant"};
    case Table::IntentRefund:
      return {"index of refunds by intent"};
    case Table::DepositIndex:
      return {"index of deposit addresses"};
    case Table::Expiry:
      return {"index of intents that expire"};
    case Table::HoldExpiry:
      return {"index of holds that expire"};
    case Table::ApiKeySecret:
      return {"index of API keys by secret"};
    case Table::MerchantIntent:
      return {"index of intents by merchant"};
    case Table::MerchantPayout:
      return {"index of payouts by merchant"};
    case Table::OpenPayout:
      return {"index of open payouts"};
    case Table::EntryReference:
      return {"index of entries by reference"};
    case Table::SignerAddress:
      return {"index of signers by address"};
    case Table::MerchantTransfer:
      return {"index of transfers by merchant"};
    case Table::TransferLog:
      return {"index of transfers by log"};
    case Table::MerchantEvent:
      return {"index of events by merchant"};
    case Table::EventId:
      return {"index of events by id"};
    case Table::AttemptHash:
      return {"index of payouts by transaction"};
    case Table::MerchantEndpoint:
      return {"index of endpoints by merchant"};
    case Table::UnfinalTransfer:
      return {"index of transfers that are not final"};
  }
  return {"row of no table that is known"};
}

std::string text_or_hex(std::string_view bytes) {
  const bool text = std::ranges::all_of(bytes, [](char c) { return c >= ' ' && c <= '~'; });
  return text ? std::string(bytes) : to_hex(as_bytes(bytes));
}

template <typename SomeId>
std::string id_or_hex(std::string_view bytes) {
  if (bytes.size() != IdBytes::kSize) return text_or_hex(bytes);
  return SomeId::from_raw(bytes).to_string();
}

std::string rest_of(Rest kind, std::string_view bytes) {
  switch (kind) {
    case Rest::Bytes:
      return text_or_hex(bytes);
    case Rest::Number:
      return bytes.size() == sizeof(std::uint64_t) ? std::to_string(keys::read_u64(bytes, 0))
                                                   : text_or_hex(bytes);
    case Rest::Intent:
      return id_or_hex<IntentId>(bytes);
    case Rest::Transfer:
      return id_or_hex<TransferId>(bytes);
    case Rest::Payout:
      return id_or_hex<PayoutId>(bytes);
    case Rest::Entry:
      return id_or_hex<EntryId>(bytes);
    case Rest::Endpoint:
      return id_or_hex<EndpointId>(bytes);
    case Rest::Merchant:
      return id_or_hex<MerchantId>(bytes);
    case Rest::ApiKey:
      return id_or_hex<ApiKeyId>(bytes);
  }
  return text_or_hex(bytes);
}

}  // namespace

std::string describe_key(std::string_view key) {
  if (key.empty()) return "a row without a key";
  const TableWords words = words_of(static_cast<keys::Table>(key.front()));
  return std::string(words.name) + " " + rest_of(words.rest, key.substr(1));
}

std::string_view command_name(const pb::Command& command) {
  using pb::Command;
  switch (command.kind_case()) {
    case Command::kCreateMerchant:
      return "create_merchant";
    case Command::kCreateApiKey:
      return "create_api_key";
    case Command::kRevokeApiKey:
      return "revoke_api_key";
    case Command::kAddDepositAddresses:
      return "add_deposit_addresses";
    case Command::kCreateIntent:
      return "create_intent";
    case Command::kCancelIntent:
      return "cancel_intent";
    case Command::kExpireIntents:
      return "expire_intents";
    case Command::kOpenChain:
      return "open_chain";
    case Command::kOpenSigner:
      return "open_signer";
    case Command::kObserveBlocks:
      return "observe_blocks";
    case Command::kBookMissedPayments:
      return "book_missed_payments";
    case Command::kRewindChain:
      return "rewind_chain";
    case Command::kObserveNative:
      return "observe_native";
    case Command::kRequestPayout:
      return "request_payout";
    case Command::kApprovePayout:
      return "approve_payout";
    case Command::kRejectPayout:
      return "reject_payout";
    case Command::kCancelPayout:
      return "cancel_payout";
    case Command::kRecordAttempt:
      return "record_attempt";
    case Command::kRaiseNonce:
      return "raise_nonce";
    case Command::kSettlePayout:
      return "settle_payout";
    case Command::kFailPayout:
      return "fail_payout";
    case Command::kMarkPayoutUnknown:
      return "mark_payout_unknown";
    case Command::kAssignTransfer:
      return "assign_transfer";
    case Command::kCreateEndpoint:
      return "create_endpoint";
    case Command::kUpdateEndpoint:
      return "update_endpoint";
    case Command::kRotateEndpointSecret:
      return "rotate_endpoint_secret";
    case Command::kDeleteEndpoint:
      return "delete_endpoint";
    case Command::kRequestRefund:
      return "request_refund";
    case Command::kOpenAccount:
      return "open_account";
    case Command::kCloseAccount:
      return "close_account";
    case Command::kPostEntry:
      return "post_entry";
    case Command::kPostEntries:
      return "post_entries";
    case Command::kReportIncident:
      return "report_incident";
    case Command::kPostHold:
      return "post_hold";
    case Command::kVoidHold:
      return "void_hold";
    case Command::kExpireHolds:
      return "expire_holds";
    case Command::kClosePeriod:
      return "close_period";
    case Command::KIND_NOT_SET:
      break;
  }
  return "of no kind that is known";
}

std::string describe_envelope(const pb::Envelope& envelope) {
  return "command " + std::to_string(envelope.sequence()) + " (" +
         std::string(command_name(envelope.command())) + ", " +
         to_rfc3339(from_ms(envelope.time())) + ")";
}

}  // namespace settled::ledger
