#include "ledger/events.hpp"

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

void append(State& state, std::string_view type, std::string_view merchant, pb::Event event) {
  event.set_id(state.new_id().raw());
  event.set_sequence(state.head().event_sequence() + 1);
  state.head().set_event_sequence(event.sequence());
  event.set_type(std::string(type));
  event.set_created(to_ms(state.now()));
  event.set_merchant(std::string(merchant));
  state.put(keys::event(event.sequence()), event);
  const std::string sequence = keys::Key(keys::Table::Event).u64(event.sequence());
  state.put_index(keys::event_id(event.id()), sequence);
  if (!merchant.empty()) state.put_index(keys::merchant_event(merchant, event.sequence()));
}

}  // namespace

void emit(State& state, std::string_view type, const pb::Intent& intent) {
  pb::Event event;
  *event.mutable_intent() = intent;
  append(state, type, intent.merchant(), std::move(event));
}

void emit(State& state, std::string_view type, const pb::Transfer& transfer) {
  pb::Event event;
  *event.mutable_transfer() = transfer;
  append(state, type, transfer.merchant(), std::move(event));
}

void emit(State& state, std::string_view type, const pb::Payout& payout) {
  pb::Event event;
  *event.mutable_payout() = payout;
  append(state, type, payout.merchant(), std::move(event));
}

}  // namespace settled::ledger
