#include "ledger/command_form.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "ledger/types/utf8.hpp"

namespace settled::ledger {
namespace {

bool all(std::initializer_list<std::string_view> texts) {
  return std::ranges::all_of(texts, is_utf8);
}

bool readable(const std::string& text) {
  return is_utf8(text);
}
bool readable(const pb::Pair& pair) {
  return all({pair.key(), pair.value()});
}
bool readable(const pb::PaymentOption& option) {
  return all({option.chain(), option.token()});
}
bool readable(const pb::OpeningBalance& balance) {
  return all({balance.token(), balance.currency()});
}
bool readable(const pb::ObservedTransfer& transfer) {
  return all({transfer.token(), transfer.currency(), transfer.evidence()});
}
bool readable(const pb::Line& line) {
  return all({line.account(), line.currency()});
}
bool readable(const pb::ObservedBlock& block);
bool readable(const pb::PostEntry& command);

template <typename List>
bool each(const List& list) {
  return std::ranges::all_of(list, [](const auto& item) { return readable(item); });
}

bool readable(const pb::ObservedBlock& block) {
  return each(block.transfers());
}
bool readable(const pb::CreateIntent& command) {
  return all({command.currency(), command.reference(), command.description(),
              command.return_url()}) &&
         each(command.options()) && each(command.metadata());
}
bool readable(const pb::RequestPayout& command) {
  return all({command.currency(), command.chain(), command.token(), command.signer(),
              command.reference()}) &&
         each(command.metadata());
}
bool readable(const pb::PostEntry& command) {
  return all({command.reference(), command.kind(), command.description()}) && each(command.lines());
}
bool readable(const pb::PostEntries& command) {
  return each(command.entries());
}
bool readable(const pb::ReportIncident& command) {
  return all({command.code(), command.detail(), command.chain(), command.node()});
}
bool readable(const pb::CreateEndpoint& command) {
  return all({command.url(), command.secret()}) && each(command.events()) &&
         each(command.metadata());
}
bool readable(const pb::UpdateEndpoint& command) {
  return all({command.url(), command.disabled_reason()}) && each(command.events());
}

bool readable(const pb::Command& command) {
  switch (command.kind_case()) {
    case pb::Command::kCreateMerchant:
      return all({command.create_merchant().name()}) && each(command.create_merchant().metadata());
    case pb::Command::kCreateApiKey:
      return all({command.create_api_key().name()});
    case pb::Command::kAddDepositAddresses:
      return all({command.add_deposit_addresses().xpub_id()});
    case pb::Command::kCreateIntent:
      return readable(command.create_intent());
    case pb::Command::kOpenChain:
      return all({command.open_chain().chain(), command.open_chain().native_currency()});
    case pb::Command::kOpenSigner:
      return all({command.open_signer().chain(), command.open_signer().signer()}) &&
             each(command.open_signer().balances());
    case pb::Command::kObserveBlocks:
      return all({command.observe_blocks().chain()}) && each(command.observe_blocks().blocks());
    case pb::Command::kBookMissedPayments:
      return all({command.book_missed_payments().chain()}) &&
             each(command.book_missed_payments().blocks());
    case pb::Command::kRewindChain:
      return all({command.rewind_chain().chain()});
    case pb::Command::kObserveNative:
      return all({command.observe_native().chain(), command.observe_native().signer()});
    case pb::Command::kRequestPayout:
      return readable(command.request_payout());
    case pb::Command::kRequestRefund:
      return readable(command.request_refund().payout()) &&
             all({command.request_refund().reason()});
    case pb::Command::kRaiseNonce:
      return all({command.raise_nonce().chain(), command.raise_nonce().signer()});
    case pb::Command::kFailPayout:
      return all({command.fail_payout().code(), command.fail_payout().detail()});
    case pb::Command::kMarkPayoutUnknown:
      return all({command.mark_payout_unknown().detail()});
    case pb::Command::kCreateEndpoint:
      return readable(command.create_endpoint());
    case pb::Command::kUpdateEndpoint:
      return readable(command.update_endpoint());
    case pb::Command::kRotateEndpointSecret:
      return all({command.rotate_endpoint_secret().secret()});
    case pb::Command::kOpenAccount:
      return all({command.open_account().code(), command.open_account().currency(),
                  command.open_account().description()});
    case pb::Command::kCloseAccount:
      return all({command.close_account().code()});
    case pb::Command::kPostEntry:
      return readable(command.post_entry());
    case pb::Command::kPostEntries:
      return readable(command.post_entries());
    case pb::Command::kReportIncident:
      return readable(command.report_incident());
    case pb::Command::kPostHold:
      return all({command.post_hold().reference()});
    case pb::Command::kVoidHold:
      return all({command.void_hold().reference()});
    case pb::Command::kClosePeriod:
      return all({command.close_period().name()});
    case pb::Command::kRevokeApiKey:
    case pb::Command::kCancelIntent:
    case pb::Command::kExpireIntents:
    case pb::Command::kApprovePayout:
    case pb::Command::kRejectPayout:
    case pb::Command::kCancelPayout:
    case pb::Command::kRecordAttempt:
    case pb::Command::kSettlePayout:
    case pb::Command::kAssignTransfer:
    case pb::Command::kDeleteEndpoint:
    case pb::Command::kExpireHolds:
    case pb::Command::KIND_NOT_SET:
      return true;
  }
  return true;
}

}  // namespace

Status check_texts(const pb::Command& command) {
  if (readable(command)) return {};
  return fail(Errc::Invalid, "invalid_text", "a text of the command is not UTF-8");
}

}  // namespace settled::ledger
