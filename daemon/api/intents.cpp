#include <algorithm>
#include <set>
#include <utility>

#include "chains/http/url.hpp"
#include "daemon/api/body.hpp"
#include "daemon/api/service.hpp"
#include "daemon/api/tokens.hpp"
#include "daemon/json/fields.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"

namespace settled::daemon::api {
namespace {

constexpr Access kCreate{.any_of = ledger::kIntents};
constexpr Access kRead{.any_of = kReading};
constexpr std::size_t kMaxReference = 200;
constexpr std::size_t kMaxDescription = 1000;
constexpr std::size_t kMaxUrl = 2000;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxOptions = 100;
constexpr std::int64_t kMaxExpiresIn = 30 * 24 * 3600;

/// (chain, token) pairs that a client accepts; nothing: all there are.
using Accept = std::optional<std::set<std::pair<std::string, std::string>>>;

Result<Accept> read_accept(json::Fields& fields) {
  TRY(auto items, fields.optional_objects("accept", kMaxOptions));
  if (!items) return std::nullopt;
  if (items->empty()) {
    return fail(Errc::Invalid, "empty_value", "must name what is accepted, or be left out",
                "accept");
  }
  Accept accept(std::in_place);
  for (json::Fields& item : *items) {
    TRY(std::string chain, item.text("chain", kMaxName));
    TRY(std::string token, item.text("token", kMaxName));
    TRY_OK(item.done());
    accept->emplace(std::move(chain), std::move(token));
  }
  return accept;
}

void add_option(pb::CreateIntent& create, const chains::ChainSettings& chain,
                const chains::TokenSettings& token) {
  pb::PaymentOption& option = *create.add_options();
  option.set_chain(chain.name);
  option.set_chain_id(chain.chain_id);
  option.set_token(token.symbol);
  option.set_token_address(token.address.raw());
  option.set_decimals(static_cast<std::uint32_t>(token.decimals));
}

/// In the order of the settings file, whatever the client's.
Status choose_options(pb::CreateIntent& create, const Settings& settings, Accept accept,
                      Amount amount) {
  for (const chains::ChainSettings& chain : settings.chains) {
    for (const chains::TokenSettings& token : chain.tokens) {
      if (token.currency != create.currency()) continue;
      if (accept && accept->erase({chain.name, token.symbol}) == 0) continue;
      TRY_OK(check_expressible(amount, token));
      add_option(create, chain, token);
    }
  }
  if (!accept || accept->empty()) return {};
  const auto& [chain, token] = *accept->begin();
  return fail(Errc::Rejected, "token_not_available",
              "there is no token " + token + " of " + create.currency() + " on " + chain, "accept");
}

Status check_return_url(const std::string& url) {
  if (url.empty() || chains::http::parse_url(url)) return {};
  return fail(Errc::Invalid, "invalid_url", "must be an absolute http or https URL", "return_url");
}

Result<pb::Command> create_intent(const Service& service, Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::CreateIntent& create = *command.mutable_create_intent();
  TRY(const Amount amount, fields.amount("amount"));
  TRY(*create.mutable_currency(), fields.text("currency", kMaxName));
  TRY(auto accept, read_accept(fields));
  TRY(auto reference, fields.optional_text("reference", kMaxReference));
  TRY(auto description, fields.optional_text("description", kMaxDescription));
  TRY(auto return_url, fields.optional_text("return_url", kMaxUrl));
  TRY(auto metadata, fields.metadata());
  TRY(const auto expires_in, fields.optional_integer("expires_in", 1, kMaxExpiresIn));
  TRY(const auto merchant, fields.optional_text("merchant", kMaxName));
  TRY_OK(fields.done());
  TRY_OK(check_amount(amount));
  TRY_OK(check_currency(service.settings, create.currency()));
  TRY_OK(check_return_url(return_url.value_or("")));
  TRY(*create.mutable_merchant(), service.acting_for(call.caller, merchant));
  if (create.merchant().empty()) {
    return fail(Errc::Invalid, "missing_field", "a key of the platform names the merchant",
                "merchant");
  }
  TRY_OK(choose_options(create, service.settings, std::move(accept), amount));
  const config::IntentSettings& intents = service.settings.intents;
  TRY(const Amount tolerated, amount.basis_points(intents.underpaid_tolerance_bps));
  create.set_amount(amount.stored());
  create.set_required(amount.saturating_minus(tolerated).stored());
  const config::FeeSettings& fees = service.settings.fees;
  create.set_fee_bps(fees.bps);
  if (!fees.fixed.is_zero()) create.set_fee_fixed(fees.fixed.stored());
  create.set_reference(std::move(reference).value_or(""));
  create.set_description(std::move(description).value_or(""));
  create.set_return_url(std::move(return_url).value_or(""));
  set_metadata(*create.mutable_metadata(), std::move(metadata));
  const std::chrono::milliseconds default_expiry = intents.expires_in;
  create.set_expires_in_ms(expires_in ? *expires_in * 1000 : default_expiry.count());
  create.set_late_window_ms(std::chrono::milliseconds(intents.late_window).count());
  return command;
}

Result<pb::Command> cancel_intent(const Service& service, Call& call) {
  TRY_OK(json::Fields(call.body).done());
  TRY(const auto intent, (service.find<IntentId, pb::Intent>(call.caller, call.parameters["id"],
                                                             ledger::keys::intent)));
  pb::Command command;
  command.mutable_cancel_intent()->set_id(intent.id());
  return command;
}

Result<std::string> get_intent(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto intent, (service.find<IntentId, pb::Intent>(call.caller, call.parameters["id"],
                                                             ledger::keys::intent)));
  return render::text(render::payment_intent(intent, service.context));
}

Result<std::string> list_intents(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(auto page, query.page<IntentId>());
  TRY(const auto status, query.choice("status", render::intent_status));
  TRY(const auto reference, query.text("reference"));
  TRY(const auto created, query.created());
  created.narrow(page);
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY_OK(service.check_cursor<pb::Intent>(page, merchant, ledger::keys::intent));
  const auto wanted = [&](const pb::Intent& intent) {
    return (!status || intent.status() == *status) &&
           (!reference || intent.reference() == *reference);
  };
  TRY(const auto found, ledger::reports::intents(service.reader(), merchant, page, wanted));
  return list_of(found, call.request.path, [&](const pb::Intent& intent) {
    return render::payment_intent(intent, service.context);
  });
}

}  // namespace

void add_intent_routes(Service& service) {
  const auto answer = [&service](const pb::Reply& reply, const Call&) {
    return render::payment_intent(reply.intent(), service.context);
  };
  service.change("POST", "/v1/payment_intents",
                 {.access = kCreate,
                  .status = 201,
                  .command = [&service](Call& call) { return create_intent(service, call); },
                  .answer = answer});
  service.read("/v1/payment_intents", kRead,
               [&service](const Call& call) { return list_intents(service, call); });
  service.read("/v1/payment_intents/{id}", kRead,
               [&service](const Call& call) { return get_intent(service, call); });
  service.change("POST", "/v1/payment_intents/{id}/cancel",
                 {.access = kCreate,
                  .command = [&service](Call& call) { return cancel_intent(service, call); },
                  .answer = answer});
}

}  // namespace settled::daemon::api
