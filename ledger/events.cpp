#include "ledger/events.hpp"

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

void append(State& state, std::string_view type, const std::string& merchant, pb::Event& event) {
  event.set_id(state.new_id().raw());
  event.set_sequence(state.head().event_sequence() + 1);
  state.head().set_event_sequence(event.sequence());
  event.set_type(std::string(type));
  event.set_created(to_ms(state.now()));
  event.set_merchant(merchant);
  state.put(keys::event(event.sequence()), event);
  const std::string sequence = keys::Key(keys::Table::Event).u64(event.sequence());
  state.put_index(keys::event_id(event.id()), sequence);
  if (!merchant.empty()) state.put_index(keys::merchant_event(merchant, event.sequence()));
}

}  // namespace

void emit(State& state, std::string_view type, pb::Intent& intent) {
  pb::Event event;
  event.mutable_intent()->Swap(&intent);
  append(state, type, event.intent().merchant(), event);
  event.mutable_intent()->Swap(&intent);
}

void emit(State& state, std::string_view type, pb::Transfer& transfer) {
  pb::Event event;
  event.mutable_transfer()->Swap(&transfer);
  append(state, type, event.transfer().merchant(), event);
  event.mutable_transfer()->Swap(&transfer);
}

void emit(State& state, std::string_view type, pb::Payout& payout) {
  pb::Event event;
  event.mutable_payout()->Swap(&payout);
  append(state, type, event.payout().merchant(), event);
  event.mutable_payout()->Swap(&payout);
}

void emit(State& state, std::string_view type, pb::Refund& refund) {
  pb::Event event;
  event.mutable_refund()->Swap(&refund);
  append(state, type, event.refund().merchant(), event);
  event.mutable_refund()->Swap(&refund);
}

void emit(State& state, std::string_view type, pb::Incident& incident) {
  pb::Event event;
  event.mutable_incident()->Swap(&incident);
  append(state, type, {}, event);
  event.mutable_incident()->Swap(&incident);
}

Result<pb::Reply> apply(State& state, const pb::ReportIncident& command) {
  for (const std::string* text :
       {&command.code(), &command.detail(), &command.chain(), &command.node()}) {
    if (text->size() > kMostIncidentText) {
      return fail(Errc::Invalid, "invalid_incident", "a text of an incident is too long");
    }
  }
  if (command.code().empty()) {
    return fail(Errc::Invalid, "invalid_incident", "an incident has a code", "code");
  }
  pb::Incident incident;
  incident.set_id(state.new_id().raw());
  incident.set_code(command.code());
  incident.set_detail(command.detail());
  incident.set_chain(command.chain());
  incident.set_node(command.node());
  incident.set_created(to_ms(state.now()));
  emit(state, "incident.reported", incident);
  return pb::Reply{};
}

}  // namespace settled::ledger
