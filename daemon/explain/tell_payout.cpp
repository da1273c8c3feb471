#include <utility>

#include "daemon/explain/story.hpp"
#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"

namespace settled::daemon::explain {
namespace {

Json names_of(const pb::Payout& payout) {
  return {{"payout", render::id_text<PayoutId>(payout.id())}, {"chain", payout.chain()}};
}

void tell_queued(Story& story, const pb::Payout& payout, const std::string& id) {
  const auto waiting = story.scene().waiting_for(payout.id());
  story.found("queued",
              id + " is approved and not sent yet" + (waiting ? ": it waits for " + *waiting : ""),
              names_of(payout));
  if (!waiting) {
    story.next("sending", "it is signed and sent as soon as its signer has room for it",
               names_of(payout));
  } else if (*waiting == "liquidity") {
    story.next("liquidity",
               "it is sent once signer " + payout.signer() + " has enough " + payout.token() +
                   " on " + payout.chain(),
               names_of(payout));
  } else {
    story.next(*waiting, "it is sent once that is there", names_of(payout));
  }
}

void tell_failed(Story& story, const pb::Payout& payout, std::string_view code,
                 const std::string& id) {
  story.found(code,
              id + " failed: " + payout.failure_code() +
                  (payout.failure_detail().empty() ? "" : ", " + payout.failure_detail()),
              names_of(payout));
}

void tell_status(Story& story, const pb::Payout& payout) {
  const std::string id = "payout " + render::id_text<PayoutId>(payout.id()) + " of " +
                         render::money(payout.amount()) + " " + payout.currency();
  const std::string_view code = render::word(payout.status());
  switch (payout.status()) {
    case pb::PENDING_APPROVAL:
      story.found(code,
                  id + " has " + std::to_string(payout.approvals_size()) + " of " +
                      std::to_string(payout.approvals_required()) + " approvals",
                  names_of(payout));
      story.next("approval",
                 "another key approves it: POST /v1/payouts/" +
                     render::id_text<PayoutId>(payout.id()) + "/approve",
                 names_of(payout));
      return;
    case pb::QUEUED:
      return tell_queued(story, payout, id);
    case pb::SUBMITTED:
      story.found(code, id + " is signed and sent, and in no block yet", names_of(payout));
      story.next("mining",
                 "the same bytes are sent again until a block has them; it is never signed anew",
                 names_of(payout));
      return;
    case pb::CONFIRMING:
      story.found(code, id + " is in a block that is not final yet", names_of(payout));
      story.next("finality", "it succeeds when that block is final", names_of(payout));
      return;
    case pb::PAYOUT_SUCCEEDED:
      story.found(code, id + " is carried out and final", names_of(payout));
      return;
    case pb::FAILED:
      return tell_failed(story, payout, code, id);
    case pb::REJECTED:
      story.found(code, id + " was rejected; its money is available again", names_of(payout));
      return;
    case pb::PAYOUT_CANCELED:
      story.found(code, id + " was canceled; its money is available again", names_of(payout));
      return;
    case pb::UNKNOWN:
      story.found(code,
                  id + " was sent, and what became of it is not proven" +
                      (payout.failure_detail().empty() ? "" : ": " + payout.failure_detail()),
                  names_of(payout));
      story.next("evidence",
                 "only the chain ends this: its money stays held, and it is never sent as new",
                 names_of(payout));
      return;
    default:
      std::unreachable();
  }
}

}  // namespace

Status tell_payout(Story& story, const pb::Payout& payout) {
  if (!story.show(payout)) return {};
  tell_status(story, payout);
  for (const pb::Attempt& attempt : payout.attempts()) {
    Json names = names_of(payout);
    names["tx_hash"] = render::hash_text(attempt.tx_hash());
    names["nonce"] = attempt.nonce();
    story.found("transaction",
                "its transaction " + render::hash_text(attempt.tx_hash()) + " with nonce " +
                    std::to_string(attempt.nonce()) + " is " +
                    std::string(render::word(attempt.status())),
                std::move(names));
  }
  return {};
}

}  // namespace settled::daemon::explain
