#include "ledger/awaited.hpp"

#include <algorithm>
#include <string>

#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::ledger::reports {
namespace {

constexpr std::size_t kIdBytes = 16;
/// With more open payouts than that, one of them was sent, or it costs little to say so.
constexpr std::size_t kMostLookedAt = 64;

Result<bool> any_in(const store::Reader& reader, const std::string& from, const std::string& to) {
  bool any = false;
  if (from >= to) return any;
  TRY_OK(reader.scan(from, to, [&](std::string_view, std::string_view) {
    any = true;
    return false;
  }));
  return any;
}

/// A transfer that is not final yet, in the blocks from ..= to.
Result<bool> unfinal_in(const store::Reader& reader, std::string_view chain, std::uint64_t from,
                        std::uint64_t to) {
  if (from > to) return false;
  return any_in(reader, keys::unfinal_transfers(chain, from),
                keys::unfinal_transfers(chain, to + 1));
}

bool is_sent(pb::PayoutStatus status) {
  return status == pb::SUBMITTED || status == pb::CONFIRMING || status == pb::UNKNOWN;
}

Result<bool> any_payout_sent(const store::Reader& reader, std::string_view chain) {
  const std::string prefix = keys::Key(keys::Table::OpenPayout).name(chain);
  std::vector<std::string> ids;
  TRY_OK(
      reader.scan(prefix, store::prefix_end(prefix), [&](std::string_view key, std::string_view) {
        ids.emplace_back(key.substr(key.size() - std::min(key.size(), kIdBytes)));
        return ids.size() < kMostLookedAt;
      }));
  if (ids.size() >= kMostLookedAt) return true;
  for (const std::string& id : ids) {
    TRY(const auto payout, read_record<pb::Payout>(reader, keys::payout(id)));
    if (!payout) return fail(Errc::Corrupt, "corrupt_record", "an index names no payout");
    if (is_sent(payout->status())) return true;
  }
  return false;
}

}  // namespace

Result<bool> awaits(const store::Reader& reader, std::string_view name,
                    const ConfirmationRule& rule, std::uint64_t head, std::uint64_t final_number) {
  TRY(const auto chain, read_record<pb::Chain>(reader, keys::chain(name)));
  if (!chain) return fail(Errc::NotFound, "unknown_chain", "the chain is not open");
  if (chain->unfinal_transfers() > 0) {
    TRY(const bool finalizes, unfinal_in(reader, name, 0, final_number));
    if (finalizes) return true;
    TRY(const bool confirms, unfinal_in(reader, name, chain->confirmed_number() + 1,
                                        newest_with(rule.confirmations, head)));
    if (confirms) return true;
    for (const pb::ConfirmationTier& tier : rule.tiers) {
      const std::uint32_t enough = tier.confirmations();
      TRY(const bool looked_at, unfinal_in(reader, name, confirmation_mark(*chain, enough) + 1,
                                           newest_with(enough, head)));
      if (looked_at) return true;
    }
  }
  return any_payout_sent(reader, name);
}

}  // namespace settled::ledger::reports
