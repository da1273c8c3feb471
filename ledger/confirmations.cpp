#include "ledger/confirmations.hpp"

#include <algorithm>

#include "ledger/state.hpp"

namespace settled::ledger {

Result<Amount> at_stake(const pb::Transfer& transfer, const pb::Intent* intent) {
  TRY(Amount stake, amount_of(transfer.amount()));
  if (intent == nullptr) return stake;
  TRY(const Amount asked, amount_of(intent->amount()));
  TRY(const Amount received, amount_of(intent->received()));
  return std::max({stake, asked, received});
}

Result<std::uint32_t> confirmations_needed(const Amount& stake, const ConfirmationRule& rule) {
  for (const pb::ConfirmationTier& tier : rule.tiers) {
    TRY(const Amount up_to, amount_of(tier.up_to()));
    if (stake <= up_to) return tier.confirmations();
  }
  return rule.confirmations;
}

std::uint64_t newest_with(std::uint32_t confirmations, std::uint64_t head) {
  const std::uint32_t deeper = std::max(confirmations, 1U) - 1;
  return head > deeper ? head - deeper : 0;
}

Status check_tiers(const ConfirmationTiers& tiers, std::uint32_t confirmations) {
  const auto refuse = [] {
    return fail(Errc::Invalid, "invalid_field", "the tiers of confirmations do not ascend");
  };
  Amount below;
  std::uint32_t fewer = 0;
  for (const pb::ConfirmationTier& tier : tiers) {
    const auto up_to = amount_of(tier.up_to());
    if (!up_to || *up_to <= below || tier.confirmations() <= fewer) return refuse();
    below = *up_to;
    fewer = tier.confirmations();
  }
  if (!tiers.empty() && fewer >= confirmations) return refuse();
  return {};
}

std::uint64_t confirmation_mark(const pb::Chain& chain, std::uint32_t confirmations) {
  const auto& marks = chain.confirmation_marks();
  const auto found = std::ranges::find(marks, confirmations, &pb::ConfirmationMark::confirmations);
  return std::max(found == marks.end() ? 0 : found->number(), chain.final_number());
}

}  // namespace settled::ledger
