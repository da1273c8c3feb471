#include "ledger/apply.hpp"

#include "ledger/access.hpp"
#include "ledger/deposits.hpp"
#include "ledger/endpoints.hpp"
#include "ledger/events.hpp"
#include "ledger/intents.hpp"
#include "ledger/journal.hpp"
#include "ledger/observe.hpp"
#include "ledger/payouts.hpp"
#include "ledger/periods.hpp"
#include "ledger/refunds.hpp"
#include "ledger/settlement.hpp"
#include "ledger/transfers.hpp"

namespace settled::ledger {

Result<pb::Reply> apply(State& state, const pb::Command& command) {
  using pb::Command;
  switch (command.kind_case()) {
    case Command::kCreateMerchant:
      return apply(state, command.create_merchant());
    case Command::kCreateApiKey:
      return apply(state, command.create_api_key());
    case Command::kRevokeApiKey:
      return apply(state, command.revoke_api_key());
    case Command::kAddDepositAddresses:
      return apply(state, command.add_deposit_addresses());
    case Command::kCreateIntent:
      return apply(state, command.create_intent());
    case Command::kCancelIntent:
      return apply(state, command.cancel_intent());
    case Command::kExpireIntents:
      return apply(state, command.expire_intents());
    case Command::kOpenChain:
      return apply(state, command.open_chain());
    case Command::kOpenSigner:
      return apply(state, command.open_signer());
    case Command::kObserveBlocks:
      return apply(state, command.observe_blocks());
    case Command::kBookMissedPayments:
      return apply(state, command.book_missed_payments());
    case Command::kRewindChain:
      return apply(state, command.rewind_chain());
    case Command::kObserveNative:
      return apply(state, command.observe_native());
    case Command::kRequestPayout:
      return apply(state, command.request_payout());
    case Command::kApprovePayout:
      return apply(state, command.approve_payout());
    case Command::kRejectPayout:
      return apply(state, command.reject_payout());
    case Command::kCancelPayout:
      return apply(state, command.cancel_payout());
    case Command::kRecordAttempt:
      return apply(state, command.record_attempt());
    case Command::kRaiseNonce:
      return apply(state, command.raise_nonce());
    case Command::kSettlePayout:
      return apply(state, command.settle_payout());
    case Command::kFailPayout:
      return apply(state, command.fail_payout());
    case Command::kMarkPayoutUnknown:
      return apply(state, command.mark_payout_unknown());
    case Command::kAssignTransfer:
      return apply(state, command.assign_transfer());
    case Command::kCreateEndpoint:
      return apply(state, command.create_endpoint());
    case Command::kUpdateEndpoint:
      return apply(state, command.update_endpoint());
    case Command::kRotateEndpointSecret:
      return apply(state, command.rotate_endpoint_secret());
    case Command::kDeleteEndpoint:
      return apply(state, command.delete_endpoint());
    case Command::kClosePeriod:
      return apply(state, command.close_period());
    case Command::kRequestRefund:
      return apply(state, command.request_refund());
    case Command::kOpenAccount:
      return apply(state, command.open_account());
    case Command::kCloseAccount:
      return apply(state, command.close_account());
    case Command::kPostEntry:
      return apply(state, command.post_entry());
    case Command::kPostHold:
      return apply(state, command.post_hold());
    case Command::kVoidHold:
      return apply(state, command.void_hold());
    case Command::kExpireHolds:
      return apply(state, command.expire_holds());
    case Command::kPostEntries:
      return apply(state, command.post_entries());
    case Command::kReportIncident:
      return apply(state, command.report_incident());
    case Command::KIND_NOT_SET:
      break;
  }
  return fail(Errc::Internal, "empty_command", "a command of no kind that is known");
}

}  // namespace settled::ledger
