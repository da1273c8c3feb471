#include <cstdint>
#include <string>

#include "config/sections.hpp"

namespace settled::config {
namespace {

constexpr std::int64_t kMostConfirmations = 1'000'000;
constexpr std::size_t kMostTiers = 8;

/// `above`: the tier before, or null. `most`: what the chain asks of all that is larger.
void read_tier(const Context& context, const Value& table, const chains::ConfirmationTier* above,
               std::uint32_t most, chains::ConfirmationTier& tier) {
  TableReader reader(context.problems, table, "[[chain.confirmation_tier]]");
  if (reader.any("up_to", Presence::Required) != nullptr) {
    const auto up_to = reader.money("up_to");
    if (up_to) tier.up_to = *up_to;
    if (up_to && up_to->is_zero()) reader.refuse("up_to", "must be above zero");
    if (up_to && above != nullptr && *up_to <= above->up_to) {
      reader.refuse("up_to", "must be above that of the tier before");
    }
  }
  const auto count = reader.integer("confirmations", 1, kMostConfirmations, Presence::Required);
  if (!count) return;
  tier.confirmations = static_cast<std::uint32_t>(*count);
  if (above != nullptr && tier.confirmations <= above->confirmations) {
    reader.refuse("confirmations", "must be above that of the tier before");
  } else if (tier.confirmations >= most) {
    reader.refuse("confirmations", "must be below the chain's, " + std::to_string(most) +
                                       ": a tier is for what is small");
  }
}

}  // namespace

void read_confirmations(const Context& context, TableReader& reader, Presence presence,
                        chains::ChainSettings& chain) {
  const Value* value = reader.any("confirmations", presence);
  const bool listed =
      value != nullptr && (value->kind == Value::Kind::Array || value->kind == Value::Kind::Table);
  if (listed) {
    reader.refuse("confirmations",
                  "must be one number; what is small may need fewer by "
                  "[[chain.confirmation_tier]] with `up_to` and `confirmations`");
  } else if (value != nullptr) {
    const auto count = reader.integer("confirmations", 1, kMostConfirmations);
    if (count) chain.confirmations = static_cast<std::uint32_t>(*count);
  }
  const auto tables = reader.tables("confirmation_tier");
  if (tables.size() > kMostTiers) {
    reader.refuse("confirmation_tier", "must be at most " + std::to_string(kMostTiers));
    return;
  }
  for (const Value* table : tables) {
    const chains::ConfirmationTier* above =
        chain.confirmation_tiers.empty() ? nullptr : &chain.confirmation_tiers.back();
    chains::ConfirmationTier tier;
    read_tier(context, *table, above, chain.confirmations, tier);
    chain.confirmation_tiers.push_back(tier);
  }
}

}  // namespace settled::config
