#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/deposits/observed.hpp"
#include "daemon/explain/story.hpp"
#include "daemon/render/value.hpp"
#include "ledger/confirmations.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::explain {
namespace {

Json names_of(const pb::Transfer& transfer) {
  Json out = {{"transfer", render::id_text<TransferId>(transfer.id())},
              {"chain", transfer.chain()},
              {"tx_hash", render::hash_text(transfer.tx_hash())},
              {"log_index", transfer.log_index()}};
  if (!transfer.intent().empty()) {
    out["payment_intent"] = render::id_text<IntentId>(transfer.intent());
  }
  if (!transfer.payout().empty()) out["payout"] = render::id_text<PayoutId>(transfer.payout());
  return out;
}

/// Why money waits in suspense, by its reason.
std::string_view suspense_words(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords = {{
      {"canceled", "the payment intent of that address is canceled"},
      {"late", "it came after the payment intent's time for late payments was over"},
      {"token_not_accepted", "the payment intent does not accept that token on that chain"},
      {"no_intent", "no payment intent had that address when it came"},
      {"screened", "it is held by screening"},
  }};
  const auto at = std::ranges::find(kWords, reason, [](const auto& each) { return each.first; });
  return at == kWords.end() ? "its reason is told by its word alone" : at->second;
}

void tell_disposition(Story& story, const pb::Transfer& transfer) {
  const std::string what = amount_of(transfer) + " in transaction " +
                           render::hash_text(transfer.tx_hash()) + " on " + transfer.chain();
  if (transfer.disposition() == pb::SUSPENSE) {
    story.found(transfer.reason(),
                what + " reached an address of ours and waits in suspense: " +
                    std::string(suspense_words(transfer.reason())),
                names_of(transfer));
    if (transfer.status() != pb::REVERSED) {
      story.next(
          "assign",
          "whoever has the scope `admin` can give it to a payment intent: POST /v1/transfers/" +
              render::id_text<TransferId>(transfer.id()) + "/assign",
          names_of(transfer));
    }
  } else if (!transfer.intent().empty()) {
    story.found(transfer.assigned() ? "assigned" : "matched",
                what +
                    (transfer.assigned() ? " was given to payment intent "
                                         : " was matched with payment intent ") +
                    render::id_text<IntentId>(transfer.intent()) +
                    (transfer.late() ? ", late" : ""),
                names_of(transfer));
  } else if (!transfer.payout().empty()) {
    story.found("payout",
                what + " carries out payout " + render::id_text<PayoutId>(transfer.payout()),
                names_of(transfer));
  } else {
    story.found("treasury", what + " moved between the treasury's own addresses and others",
                names_of(transfer));
  }
}

std::string blocks(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " block" : " blocks");
}

/// As the settings say now; those of a chain that is not followed are not known.
Result<std::uint32_t> confirmations_wanted(const Story& story, const pb::Transfer& transfer) {
  const ChainNow* now = story.scene().chain(transfer.chain());
  if (now == nullptr) return 1;
  std::optional<pb::Intent> intent;
  if (!transfer.intent().empty()) {
    TRY(intent, ledger::read_record<pb::Intent>(story.scene().books,
                                                ledger::keys::intent(transfer.intent())));
  }
  TRY(const Amount stake, ledger::at_stake(transfer, intent ? &*intent : nullptr));
  return ledger::confirmations_needed(stake, deposits::confirmation_rule(*now->settings));
}

/// What a transfer waits for, by where the books stand on its chain.
Status tell_progress(Story& story, const pb::Transfer& transfer, const pb::Chain& chain) {
  const std::uint64_t block = transfer.block_number();
  const std::string at = "block " + std::to_string(block);
  if (transfer.status() == pb::SEEN) {
    TRY(const std::uint64_t wanted, confirmations_wanted(story, transfer));
    const ChainNow* now = story.scene().chain(transfer.chain());
    // Blocks after it that hold nothing of ours are not in the books at once.
    const std::uint64_t head = std::max<std::uint64_t>(
        chain.head().number(), now && now->status.head ? now->status.head->number : 0);
    const std::uint64_t has = head < block ? 0 : head - block + 1;
    story.found("seen",
                "it is in " + at + " and has " + std::to_string(has) + " of " +
                    std::to_string(wanted) + " confirmations",
                names_of(transfer));
    story.next("confirmation",
               "it is confirmed after " + blocks(wanted - std::min(has, wanted)) + " more",
               names_of(transfer));
  } else if (transfer.status() == pb::CONFIRMED) {
    story.found("confirmed",
                "it is confirmed in " + at +
                    ", which is not final yet: the newest final block is " +
                    std::to_string(chain.final_number()),
                names_of(transfer));
    story.next("finality", "it becomes available when " + at + " is final", names_of(transfer));
  } else if (transfer.status() == pb::FINALIZED) {
    story.found("finalized", at + " is final: it cannot be taken back", names_of(transfer));
  } else {
    story.found("reversed",
                at + " left the chain in a reorganisation, and with it this transfer: it does not "
                     "count",
                names_of(transfer));
    story.next("mined_again",
               "it counts again, under the same id, if the chain takes it up in another block",
               names_of(transfer));
  }
  return {};
}

/// That nothing moves while its chain is not followed.
void tell_trouble(Story& story, const pb::Transfer& transfer) {
  if (transfer.status() == pb::FINALIZED || transfer.status() == pb::REVERSED) return;
  const ChainNow* now = story.scene().chain(transfer.chain());
  if (now == nullptr) {
    story.found("chain_not_followed",
                "the settings name no chain " + transfer.chain() +
                    " any more: nothing further is seen of it",
                names_of(transfer));
    return;
  }
  const chains::FollowStatus& status = now->status;
  if (status.state == chains::FollowState::Following && status.reason.empty()) return;
  story.found("chain_" + std::string(chains::to_string(status.state)),
              "chain " + transfer.chain() + " is " + std::string(chains::to_string(status.state)) +
                  (status.detail.empty() ? "" : ": " + status.detail),
              names_of(transfer));
}

}  // namespace

Status tell_transfer(Story& story, const pb::Transfer& transfer) {
  if (!story.show(transfer)) return {};
  TRY(const auto chain,
      ledger::read_record<pb::Chain>(story.scene().books, ledger::keys::chain(transfer.chain())));
  if (!chain) return fail(Errc::Corrupt, "corrupt_record", "a transfer's chain is not open");
  tell_disposition(story, transfer);
  TRY_OK(tell_progress(story, transfer, *chain));
  tell_trouble(story, transfer);
  return {};
}

}  // namespace settled::daemon::explain
