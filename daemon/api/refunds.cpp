#include "daemon/api/body.hpp"
#include "daemon/api/payout_request.hpp"
#include "daemon/api/service.hpp"
#include "daemon/json/fields.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"

namespace settled::daemon::api {
namespace {

constexpr Access kCreate{.any_of = ledger::kPayouts};
constexpr Access kRead{.any_of = kReading | ledger::kPayoutsApprove};
constexpr std::size_t kMaxReason = 200;

Result<pb::Intent> intent_of(const Service& service, const Call& call) {
  return service.find<IntentId, pb::Intent>(call.caller, call.parameters["id"],
                                            ledger::keys::intent);
}

Result<pb::Command> request_refund(const Service& service, Call& call) {
  TRY(const pb::Intent intent, intent_of(service, call));
  json::Fields fields(call.body);
  TRY(PayoutWish wish, read_payout_wish(fields));
  TRY(auto reason, fields.optional_text("reason", kMaxReason));
  TRY(auto metadata, fields.metadata());
  TRY_OK(fields.done());
  wish.merchant = intent.merchant();
  wish.currency = intent.currency();
  pb::Command command;
  pb::RequestRefund& refund = *command.mutable_request_refund();
  TRY(*refund.mutable_payout(), payout_request(service.settings, std::move(wish), call.caller.key));
  refund.set_intent(intent.id());
  refund.set_reason(std::move(reason).value_or(""));
  set_metadata(*refund.mutable_payout()->mutable_metadata(), std::move(metadata));
  return command;
}

Result<std::string> get_refund(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto refund, (service.find<RefundId, pb::Refund>(call.caller, call.parameters["id"],
                                                             ledger::keys::refund)));
  return render::text(render::refund(refund, service.context));
}

std::string list(const Service& service, const Call& call,
                 const ledger::reports::Page<pb::Refund>& page) {
  return list_of(page, call.request.path,
                 [&](const pb::Refund& refund) { return render::refund(refund, service.context); });
}

Result<std::string> list_refunds(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(auto page, query.page<RefundId>());
  TRY(const auto status, query.choice("status", render::payout_status));
  TRY(const auto intent, query.id<IntentId>("payment_intent"));
  TRY(const auto created, query.created());
  created.narrow(page);
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY_OK(service.check_cursor<pb::Refund>(page, merchant, ledger::keys::refund));
  const auto wanted = [&](const pb::Refund& refund) {
    return (!status || refund.status() == *status) && (intent.empty() || refund.intent() == intent);
  };
  TRY(const auto found, ledger::reports::refunds(service.reader(), merchant, page, wanted));
  return list(service, call, found);
}

Result<std::string> list_refunds_of_intent(const Service& service, const Call& call) {
  TRY(const pb::Intent intent, intent_of(service, call));
  Query query(call.request);
  TRY(const auto page, query.page<RefundId>());
  TRY_OK(query.done());
  const auto& cursor = page.starting_after ? page.starting_after : page.ending_before;
  if (cursor) {
    TRY(const auto at, service.reader().get(ledger::keys::intent_refund(intent.id(), *cursor)));
    if (!at) {
      return Query::unknown_cursor(page.starting_after ? "starting_after" : "ending_before");
    }
  }
  TRY(const auto found, ledger::reports::refunds_of(service.reader(), intent.id(), page, {}));
  return list(service, call, found);
}

}  // namespace

void add_refund_routes(Service& service) {
  service.change("POST", "/v1/payment_intents/{id}/refunds",
                 {.access = kCreate,
                  .status = 201,
                  .key_required = true,
                  .command = [&service](Call& call) { return request_refund(service, call); },
                  .answer =
                      [&service](const pb::Reply& reply, const Call&) {
                        return render::refund(reply.refund(), service.context);
                      }});
  service.read("/v1/payment_intents/{id}/refunds", kRead,
               [&service](const Call& call) { return list_refunds_of_intent(service, call); });
  service.read("/v1/refunds", kRead,
               [&service](const Call& call) { return list_refunds(service, call); });
  service.read("/v1/refunds/{id}", kRead,
               [&service](const Call& call) { return get_refund(service, call); });
}

}  // namespace settled::daemon::api
