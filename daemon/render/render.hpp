#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ledger/clearing.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger::reports {
struct PeriodBalances;
struct Statement;
struct StatementRequest;
struct TrialBalance;
}  // namespace settled::ledger::reports

/// The JSON of every object of the API, from its stored record: the one place that spells the
/// fields. Pure: the same record and context give the same bytes, so that the event feed, webhooks
/// and replayed answers agree. Optional texts are null where the record has none.
/// REQUIRES throughout: records as the book writes them.
namespace settled::daemon::render {

namespace pb = ledger::pb;
/// Keeps the order in which fields are put, so that people see the id first.
using Json = nlohmann::ordered_json;

/// What an object's JSON depends on beside its record.
struct Context {
  std::string public_url;  ///< without a slash at its end
  bool livemode = false;
  Hash256 checkout_key;  ///< secret: who knows it can open every checkout page
};

/// The compact text of a value. Never fails on what this folder makes.
std::string text(const Json& value);

/// What opens an intent's checkout page: base64url of the first 16 bytes of
/// HMAC-SHA256(checkout_key, id as text).
std::string checkout_token(std::string_view intent_id, const Hash256& checkout_key);

Json payment_intent(const pb::Intent& intent, const Context& context);
Json transfer(const pb::Transfer& transfer, const Context& context);
/// `waiting_for`: why a queued payout is not sent yet, e.g. "liquidity"; null where nothing is
/// given.
Json payout(const pb::Payout& payout, const Context& context,
            const std::optional<std::string>& waiting_for = {});
Json refund(const pb::Refund& refund, const Context& context);
Json incident(const pb::Incident& incident, const Context& context);
Json merchant(const pb::Merchant& merchant, const Context& context);
/// Without the secret, which nobody has: only its hash is stored.
Json api_key(const pb::ApiKey& key, const Context& context);

enum class Secret { Hidden, Shown };
Json webhook_endpoint(const pb::Endpoint& endpoint, const Context& context,
                      Secret secret = Secret::Hidden);

/// `sequence` is the event's place in the feed; the object's own stands in `data.object.sequence`.
Json event(const pb::Event& event, const Context& context);
/// The bytes of an event, in the feed and in every webhook alike.
std::string event_body(const pb::Event& event, const Context& context);

Json account(const pb::Account& account, const Context& context);
Json entry(const pb::Entry& entry, const Context& context);
/// Of the side that has more.
Json uncleared(const ledger::reports::Uncleared& uncleared, const Context& context);
/// Sums by currency, and the accounts themselves, as text.
std::string trial_balance(const ledger::reports::TrialBalance& balance, const Context& context);
/// `merchant`: raw id.
Json statement(const ledger::reports::Statement& statement,
               const ledger::reports::StatementRequest& request, std::string_view merchant,
               std::string_view currency, const Context& context);
Json period(const pb::Period& period, const Context& context);
/// With the trial balances before and after its closing, as text.
std::string period(const pb::Period& closed, const ledger::reports::PeriodBalances& balances,
                   const Context& context);
/// A merchant's account as the merchant reads it. Error: Corrupt or Rejected where the account's
/// counters contradict its limit.
Result<Json> balance(const pb::Account& account, const Context& context);

/// {"object":"list","data":[...],"has_more":...,"url":...}. `data` holds rendered objects.
std::string list(const std::vector<std::string>& data, bool has_more, std::string_view url);

}  // namespace settled::daemon::render
