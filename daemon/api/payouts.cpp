#include "daemon/api/body.hpp"
#include "daemon/api/payout_request.hpp"
#include "daemon/api/service.hpp"
#include "daemon/json/fields.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"

namespace settled::daemon::api {
namespace {

constexpr Access kCreate{.any_of = ledger::kPayouts};
constexpr Access kApprove{.any_of = ledger::kPayoutsApprove};
constexpr Access kRead{.any_of = kReading | ledger::kPayoutsApprove};
constexpr std::size_t kMaxReference = 200;
constexpr std::size_t kMaxName = 64;

Result<pb::Command> request_payout(const Service& service, Call& call) {
  json::Fields fields(call.body);
  TRY(PayoutWish wish, read_payout_wish(fields));
  TRY(wish.currency, fields.text("currency", kMaxName));
  TRY(auto reference, fields.optional_text("reference", kMaxReference));
  TRY(auto metadata, fields.metadata());
  TRY(const auto merchant, fields.optional_text("merchant", kMaxName));
  TRY_OK(fields.done());
  TRY(wish.merchant, service.acting_for(call.caller, merchant));
  if (wish.merchant.empty()) {
    return fail(Errc::Invalid, "missing_field", "a key of the platform names the merchant",
                "merchant");
  }
  pb::Command command;
  pb::RequestPayout& request = *command.mutable_request_payout();
  TRY(request, payout_request(service.settings, std::move(wish), call.caller.key));
  request.set_reference(std::move(reference).value_or(""));
  set_metadata(*request.mutable_metadata(), std::move(metadata));
  return command;
}

Result<pb::Payout> payout_of(const Service& service, const Call& call) {
  return service.find<PayoutId, pb::Payout>(call.caller, call.parameters["id"],
                                            ledger::keys::payout);
}

/// Only a queued payout waits for anything that could be told.
Json shown(const Service& service, const pb::Payout& payout) {
  const bool queued = payout.status() == pb::QUEUED;
  return render::payout(payout, service.context,
                        queued ? service.hooks.waiting_for(payout.id()) : std::nullopt);
}

Result<std::string> list_payouts(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(auto page, query.page<PayoutId>());
  TRY(const auto status, query.choice("status", render::payout_status));
  TRY(const auto reference, query.text("reference"));
  TRY(const auto chain, query.text("chain"));
  TRY(const auto created, query.created());
  created.narrow(page);
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY_OK(service.check_cursor<pb::Payout>(page, merchant, ledger::keys::payout));
  const auto wanted = [&](const pb::Payout& payout) {
    return (!status || payout.status() == *status) &&
           (!reference || payout.reference() == *reference) && (!chain || payout.chain() == *chain);
  };
  TRY(const auto found, ledger::reports::payouts(service.reader(), merchant, page, wanted));
  return list_of(found, call.request.path,
                 [&](const pb::Payout& payout) { return shown(service, payout); });
}

Result<std::string> get_payout(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto payout, payout_of(service, call));
  return render::text(shown(service, payout));
}

/// A change of one payout that takes no field: `fill` makes the command.
template <typename Fill>
auto change_of(const Service& service, Fill fill) {
  return [&service, fill](Call& call) -> Result<pb::Command> {
    TRY_OK(json::Fields(call.body).done());
    TRY(const auto payout, payout_of(service, call));
    pb::Command command;
    fill(command, payout.id(), call.caller.key);
    return command;
  };
}

}  // namespace

void add_payout_routes(Service& service) {
  // As the reply holds it, so that a replayed answer is the first one.
  const auto answer = [&service](const pb::Reply& reply, const Call&) {
    return render::payout(reply.payout(), service.context);
  };
  const auto change = [&](std::string_view pattern, Access access, auto fill) {
    service.change("POST", pattern,
                   {.access = access, .command = change_of(service, fill), .answer = answer});
  };
  service.change("POST", "/v1/payouts",
                 {.access = kCreate,
                  .status = 201,
                  .key_required = true,
                  .command = [&service](Call& call) { return request_payout(service, call); },
                  .answer = answer});
  service.read("/v1/payouts", kRead,
               [&service](const Call& call) { return list_payouts(service, call); });
  service.read("/v1/payouts/{id}", kRead,
               [&service](const Call& call) { return get_payout(service, call); });
  change("/v1/payouts/{id}/cancel", kCreate,
         [](pb::Command& command, const std::string& payout, const std::string&) {
           command.mutable_cancel_payout()->set_id(payout);
         });
  change("/v1/payouts/{id}/approve", kApprove,
         [](pb::Command& command, const std::string& payout, const std::string& key) {
           command.mutable_approve_payout()->set_id(payout);
           command.mutable_approve_payout()->set_key(key);
         });
  change("/v1/payouts/{id}/reject", kApprove,
         [](pb::Command& command, const std::string& payout, const std::string& key) {
           command.mutable_reject_payout()->set_id(payout);
           command.mutable_reject_payout()->set_key(key);
         });
}

}  // namespace settled::daemon::api
