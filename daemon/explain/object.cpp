#include "daemon/explain/explain.hpp"
#include "daemon/explain/story.hpp"
#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::explain {
namespace {

std::unexpected<Error> not_found() {
  return fail(Errc::NotFound, "not_found", "no such object");
}

template <typename Id, typename Record>
Result<Record> find(const Scene& scene, std::string_view text,
                    std::string (*key)(std::string_view)) {
  TRY(const Id id, Id::parse(text));
  TRY(auto record, ledger::read_record<Record>(scene.books, key(id.raw())));
  if (!record || !scene.viewer.sees(record->merchant())) return not_found();
  return *std::move(record);
}

Status tell_refund(Story& story, const pb::Refund& refund) {
  const std::string id = render::id_text<RefundId>(refund.id());
  story.found("refund",
              "refund " + id + " of " + render::money(refund.amount()) + " " + refund.currency() +
                  " is as far as its payout: " + std::string(render::word(refund.status())),
              {{"refund", id}, {"payout", render::id_text<PayoutId>(refund.payout())}});
  const Scene& scene = story.scene();
  TRY(const auto payout,
      ledger::read_record<pb::Payout>(scene.books, ledger::keys::payout(refund.payout())));
  if (payout) TRY_OK(tell_payout(story, *payout));
  TRY(const auto intent,
      ledger::read_record<pb::Intent>(scene.books, ledger::keys::intent(refund.intent())));
  if (intent) TRY_OK(tell_intent(story, *intent));
  return {};
}

}  // namespace

Result<std::string> object(const Scene& scene, std::string_view id) {
  Story story(scene);
  if (id.starts_with(IntentId::prefix())) {
    TRY(const auto intent, (find<IntentId, pb::Intent>(scene, id, ledger::keys::intent)));
    TRY_OK(tell_intent(story, intent));
    return story.text("payment_intent", id);
  }
  if (id.starts_with(TransferId::prefix())) {
    TRY(const auto transfer, (find<TransferId, pb::Transfer>(scene, id, ledger::keys::transfer)));
    TRY_OK(tell_transfer(story, transfer));
    return story.text("transfer", id);
  }
  if (id.starts_with(PayoutId::prefix())) {
    TRY(const auto payout, (find<PayoutId, pb::Payout>(scene, id, ledger::keys::payout)));
    TRY_OK(tell_payout(story, payout));
    return story.text("payout", id);
  }
  if (id.starts_with(RefundId::prefix())) {
    TRY(const auto refund, (find<RefundId, pb::Refund>(scene, id, ledger::keys::refund)));
    TRY_OK(tell_refund(story, refund));
    return story.text("refund", id);
  }
  return not_found();
}

}  // namespace settled::daemon::explain
