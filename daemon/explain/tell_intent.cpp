#include <utility>

#include "daemon/explain/story.hpp"
#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::explain {
namespace {

/// Transfers of one intent that are told of.
constexpr std::size_t kTransfers = 100;

Json names_of(const pb::Intent& intent) {
  return {{"payment_intent", render::id_text<IntentId>(intent.id())}};
}

std::string money_of(const pb::Intent& intent, Amount amount) {
  return amount.to_string() + " " + intent.currency();
}

std::string options_of(const pb::Intent& intent) {
  std::string out;
  for (const pb::PaymentOption& option : intent.options()) {
    out += (out.empty() ? "" : ", ") + option.token() + " on " + option.chain();
  }
  return out;
}

void tell_open(Story& story, const pb::Intent& intent, Amount missing) {
  story.next("payment",
             money_of(intent, missing) + " to " +
                 address_word(fixed_from<chains::evm::Address>(intent.deposit_address())) +
                 " completes it; it accepts " + options_of(intent),
             names_of(intent));
  story.next("expiry", "it expires at " + render::time_text(intent.expires_at()), names_of(intent));
}

void tell_late(Story& story, const pb::Intent& intent) {
  story.next("late_payment",
             "money that comes until " + render::time_text(intent.late_until()) +
                 " still counts, with the label `late`; later it goes to suspense",
             names_of(intent));
}

void tell_status(Story& story, const pb::Intent& intent) {
  const Amount amount = render::stored_amount(intent.amount());
  const Amount received = render::stored_amount(intent.received());
  const Amount missing = amount.saturating_minus(received);
  const std::string id = "payment intent " + render::id_text<IntentId>(intent.id());
  const std::string of = money_of(intent, received) + " of " + money_of(intent, amount);
  const std::string_view code = render::word(intent.status());
  switch (intent.status()) {
    case pb::REQUIRES_PAYMENT:
      story.found(code,
                  id + " waits for " + money_of(intent, amount) +
                      "; nothing has come that "
                      "counts for it",
                  names_of(intent));
      return tell_open(story, intent, missing);
    case pb::PARTIALLY_PAID:
      story.found(code,
                  id + " has received " + of + "; " + money_of(intent, missing) + " are missing",
                  names_of(intent));
      return tell_open(story, intent, missing);
    case pb::PROCESSING:
      story.found(code, id + " has received enough, " + of + ", which is not confirmed yet",
                  names_of(intent));
      return;
    case pb::SUCCEEDED:
      story.found(code, id + " is paid: " + of + " came and are confirmed", names_of(intent));
      return;
    case pb::EXPIRED:
      story.found(code,
                  id + " expired at " + render::time_text(intent.expires_at()) + " with " + of +
                      " received",
                  names_of(intent));
      return tell_late(story, intent);
    case pb::CANCELED:
      story.found(code,
                  id + " was canceled at " + render::time_text(intent.canceled()) +
                      "; money that comes to its address now goes to suspense",
                  names_of(intent));
      return;
    default:
      std::unreachable();
  }
}

}  // namespace

Status tell_intent(Story& story, const pb::Intent& intent) {
  if (!story.show(intent)) return {};
  tell_status(story, intent);
  const Scene& scene = story.scene();
  for (const std::string& id : intent.transfers()) {
    TRY(const auto transfer,
        ledger::read_record<pb::Transfer>(scene.books, ledger::keys::transfer(id)));
    if (transfer) TRY_OK(tell_transfer(story, *transfer));
  }
  // What came to its address and was not matched belongs to its merchant and to no intent.
  ledger::reports::PageRequest since;
  since.limit = kTransfers;
  since.from_ms = intent.created();
  const auto not_matched = [&](const pb::Transfer& transfer) {
    return transfer.to() == intent.deposit_address() && transfer.intent() != intent.id();
  };
  const auto page = ledger::reports::transfers(scene.books, intent.merchant(), since, not_matched);
  if (!page && page.error().reason != "search_too_wide") return std::unexpected(page.error());
  if (page) {
    for (const pb::Transfer& transfer : page->data) TRY_OK(tell_transfer(story, transfer));
  }
  if (!page || page->has_more) {
    story.found("more_transfers",
                "the merchant has more transfers since then than were looked through: list them "
                "with GET /v1/transfers and created[gte], created[lte]",
                names_of(intent));
  }
  return {};
}

}  // namespace settled::daemon::explain
