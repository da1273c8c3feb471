#pragma once

#include <utility>

#include "ledger/commands.pb.h"

/// One overload for each kind of command, so that a test writes the kind alone.
namespace settled::tests {

namespace pb = ledger::pb;

inline pb::Command command(pb::Command whole) {
  return whole;
}
inline pb::Command command(pb::CreateMerchant kind) {
  pb::Command out;
  *out.mutable_create_merchant() = std::move(kind);
  return out;
}
inline pb::Command command(pb::CreateApiKey kind) {
  pb::Command out;
  *out.mutable_create_api_key() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RevokeApiKey kind) {
  pb::Command out;
  *out.mutable_revoke_api_key() = std::move(kind);
  return out;
}
inline pb::Command command(pb::AddDepositAddresses kind) {
  pb::Command out;
  *out.mutable_add_deposit_addresses() = std::move(kind);
  return out;
}
inline pb::Command command(pb::CreateIntent kind) {
  pb::Command out;
  *out.mutable_create_intent() = std::move(kind);
  return out;
}
inline pb::Command command(pb::CancelIntent kind) {
  pb::Command out;
  *out.mutable_cancel_intent() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ExpireIntents kind) {
  pb::Command out;
  *out.mutable_expire_intents() = std::move(kind);
  return out;
}
inline pb::Command command(pb::OpenChain kind) {
  pb::Command out;
  *out.mutable_open_chain() = std::move(kind);
  return out;
}
inline pb::Command command(pb::OpenSigner kind) {
  pb::Command out;
  *out.mutable_open_signer() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ObserveBlocks kind) {
  pb::Command out;
  *out.mutable_observe_blocks() = std::move(kind);
  return out;
}
inline pb::Command command(pb::BookMissedPayments kind) {
  pb::Command out;
  *out.mutable_book_missed_payments() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RewindChain kind) {
  pb::Command out;
  *out.mutable_rewind_chain() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ObserveNative kind) {
  pb::Command out;
  *out.mutable_observe_native() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RequestPayout kind) {
  pb::Command out;
  *out.mutable_request_payout() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ApprovePayout kind) {
  pb::Command out;
  *out.mutable_approve_payout() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RejectPayout kind) {
  pb::Command out;
  *out.mutable_reject_payout() = std::move(kind);
  return out;
}
inline pb::Command command(pb::CancelPayout kind) {
  pb::Command out;
  *out.mutable_cancel_payout() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RecordAttempt kind) {
  pb::Command out;
  *out.mutable_record_attempt() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RaiseNonce kind) {
  pb::Command out;
  *out.mutable_raise_nonce() = std::move(kind);
  return out;
}
inline pb::Command command(pb::SettlePayout kind) {
  pb::Command out;
  *out.mutable_settle_payout() = std::move(kind);
  return out;
}
inline pb::Command command(pb::FailPayout kind) {
  pb::Command out;
  *out.mutable_fail_payout() = std::move(kind);
  return out;
}
inline pb::Command command(pb::MarkPayoutUnknown kind) {
  pb::Command out;
  *out.mutable_mark_payout_unknown() = std::move(kind);
  return out;
}
inline pb::Command command(pb::AssignTransfer kind) {
  pb::Command out;
  *out.mutable_assign_transfer() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RequestRefund kind) {
  pb::Command out;
  *out.mutable_request_refund() = std::move(kind);
  return out;
}
inline pb::Command command(pb::CreateEndpoint kind) {
  pb::Command out;
  *out.mutable_create_endpoint() = std::move(kind);
  return out;
}
inline pb::Command command(pb::UpdateEndpoint kind) {
  pb::Command out;
  *out.mutable_update_endpoint() = std::move(kind);
  return out;
}
inline pb::Command command(pb::RotateEndpointSecret kind) {
  pb::Command out;
  *out.mutable_rotate_endpoint_secret() = std::move(kind);
  return out;
}
inline pb::Command command(pb::DeleteEndpoint kind) {
  pb::Command out;
  *out.mutable_delete_endpoint() = std::move(kind);
  return out;
}
inline pb::Command command(pb::OpenAccount kind) {
  pb::Command out;
  *out.mutable_open_account() = std::move(kind);
  return out;
}
inline pb::Command command(pb::CloseAccount kind) {
  pb::Command out;
  *out.mutable_close_account() = std::move(kind);
  return out;
}
inline pb::Command command(pb::PostEntry kind) {
  pb::Command out;
  *out.mutable_post_entry() = std::move(kind);
  return out;
}
inline pb::Command command(pb::PostEntries kind) {
  pb::Command out;
  *out.mutable_post_entries() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ReportIncident kind) {
  pb::Command out;
  *out.mutable_report_incident() = std::move(kind);
  return out;
}
inline pb::Command command(pb::PostHold kind) {
  pb::Command out;
  *out.mutable_post_hold() = std::move(kind);
  return out;
}
inline pb::Command command(pb::VoidHold kind) {
  pb::Command out;
  *out.mutable_void_hold() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ExpireHolds kind) {
  pb::Command out;
  *out.mutable_expire_holds() = std::move(kind);
  return out;
}
inline pb::Command command(pb::ClosePeriod kind) {
  pb::Command out;
  *out.mutable_close_period() = std::move(kind);
  return out;
}

}  // namespace settled::tests
