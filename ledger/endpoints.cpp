#include "ledger/endpoints.hpp"

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

constexpr std::string_view kGone = "gone";

/// Every event is delivered to, and remembered for, each endpoint: a merchant's number is bounded.
Status check_count(const State& state, const std::string& merchant) {
  // Commands of older rules were let in without a limit; the platform keeps its own.
  if (state.rules() < 2 || merchant.empty()) return {};
  const std::string prefix = keys::merchant_endpoint(merchant, {});
  TRY(const auto there, state.range(prefix, store::prefix_end(prefix), kMaxEndpoints));
  if (there.size() < kMaxEndpoints) return {};
  return fail(Errc::Rejected, "too_many_endpoints",
              "a merchant has at most " + std::to_string(kMaxEndpoints) + " webhook endpoints");
}

pb::Reply save(State& state, pb::Endpoint endpoint) {
  endpoint.set_version(endpoint.version() + 1);
  state.put(keys::endpoint(endpoint.id()), endpoint);
  pb::Reply reply;
  *reply.mutable_endpoint() = std::move(endpoint);
  return reply;
}

}  // namespace

Result<pb::Reply> apply(State& state, const pb::CreateEndpoint& command) {
  TRY_OK(check_count(state, command.merchant()));
  pb::Endpoint endpoint;
  endpoint.set_id(state.new_id().raw());
  endpoint.set_merchant(command.merchant());
  endpoint.set_url(command.url());
  *endpoint.mutable_events() = command.events();
  endpoint.set_secret(command.secret());
  *endpoint.mutable_metadata() = command.metadata();
  endpoint.set_after_event(state.head().event_sequence());
  endpoint.set_created(to_ms(state.now()));
  state.put_index(keys::merchant_endpoint(endpoint.merchant(), endpoint.id()));
  return save(state, std::move(endpoint));
}

Result<pb::Reply> apply(State& state, const pb::UpdateEndpoint& command) {
  TRY(auto endpoint, state.get<pb::Endpoint>(keys::endpoint(command.id())));
  if (command.disabled_reason() == kGone && !command.url().empty()) {
    if (endpoint.url() != command.url()) {
      return fail(Errc::Conflict, "url_changed", "the endpoint has another URL by now");
    }
  } else if (!command.url().empty()) {
    endpoint.set_url(command.url());
  }
  if (command.events_size() > 0) *endpoint.mutable_events() = command.events();
  if (command.has_disabled()) {
    if (endpoint.disabled() && !command.disabled()) {
      endpoint.set_after_event(state.head().event_sequence());
    }
    endpoint.set_disabled(command.disabled());
    endpoint.set_disabled_reason(command.disabled() ? command.disabled_reason() : "");
  }
  return save(state, std::move(endpoint));
}

Result<pb::Reply> apply(State& state, const pb::RotateEndpointSecret& command) {
  TRY(auto endpoint, state.get<pb::Endpoint>(keys::endpoint(command.id())));
  endpoint.set_previous_secret(endpoint.secret());
  endpoint.set_previous_secret_until(to_ms(state.now()) + command.overlap_ms());
  endpoint.set_secret(command.secret());
  return save(state, std::move(endpoint));
}

Result<pb::Reply> apply(State& state, const pb::DeleteEndpoint& command) {
  TRY(auto endpoint, state.get<pb::Endpoint>(keys::endpoint(command.id())));
  state.erase(keys::endpoint(endpoint.id()));
  state.erase(keys::merchant_endpoint(endpoint.merchant(), endpoint.id()));
  pb::Reply reply;
  *reply.mutable_endpoint() = std::move(endpoint);
  return reply;
}

}  // namespace settled::ledger
