#include "ledger/observe.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "ledger/confirmations.hpp"
#include "ledger/keys.hpp"
#include "ledger/transfers.hpp"

namespace settled::ledger {
namespace {

/// Rows read at once where a chain's unfinal transfers are walked.
constexpr std::size_t kPage = 1'000;

Result<pb::Chain> open_chain(const State& state, const std::string& name) {
  TRY(auto chain, state.find<pb::Chain>(keys::chain(name)));
  if (!chain) return fail(Errc::NotFound, "unknown_chain", "chain " + name + " is not open");
  return *std::move(chain);
}

Status check_next(const pb::Chain& chain, const pb::ObservedBlock& block,
                  std::uint64_t final_number) {
  if (block.number() <= chain.head().number()) {
    return fail(Errc::Conflict, "block_not_next",
                "block " + std::to_string(block.number()) + " is not above the head " +
                    std::to_string(chain.head().number()));
  }
  if (block.number() == chain.head().number() + 1) {
    if (block.parent() == chain.head().hash()) return {};
    return fail(Errc::Conflict, "parent_mismatch",
                "block " + std::to_string(block.number()) + " does not follow the head");
  }
  if (block.number() > final_number) {
    return fail(Errc::Conflict, "block_not_next",
                "only final blocks may follow the head with a gap");
  }
  return {};
}

/// Calls `step` for the transfers that are not final yet, in blocks [from, to], oldest first.
template <typename Step>
Status each_unfinal(State& state, const pb::Chain& chain, std::uint64_t from, std::uint64_t to,
                    Step step) {
  if (chain.unfinal_transfers() == 0 || from > to) return {};
  std::string at = keys::unfinal_transfers(chain.name(), from);
  const std::string end = keys::unfinal_transfers(chain.name(), to + 1);
  const std::size_t id_at = at.size();
  for (bool more = true; more;) {
    TRY(const auto rows, state.range(at, end, kPage));
    more = rows.size() == kPage;
    for (const auto& [key, unused] : rows) {
      TRY(const auto id, keys::last_id(key, id_at));
      TRY(auto transfer, state.get<pb::Transfer>(keys::transfer(id)));
      TRY_OK(step(key, transfer));
      at = key + '\0';
    }
  }
  return {};
}

Status confirm_up_to(State& state, pb::Chain& chain, std::uint32_t confirmations) {
  const std::uint64_t newest = newest_with(confirmations, chain.head().number());
  TRY_OK(each_unfinal(state, chain, chain.confirmed_number() + 1, newest,
                      [&](const std::string&, pb::Transfer& transfer) -> Status {
                        if (transfer.status() != pb::SEEN) return {};
                        return confirm_transfer(state, transfer);
                      }));
  chain.set_confirmed_number(std::max(chain.confirmed_number(), newest));
  return {};
}

Result<std::uint32_t> needed(const State& state, const pb::Transfer& transfer,
                             const pb::ObserveBlocks& command) {
  std::optional<pb::Intent> intent;
  if (!transfer.intent().empty()) {
    TRY(intent, state.get<pb::Intent>(keys::intent(transfer.intent())));
  }
  TRY(const Amount stake, at_stake(transfer, intent ? &*intent : nullptr));
  return confirmations_needed(stake, {command.confirmations(), command.tiers()});
}

/// Confirms what is small enough for fewer confirmations. Each tier looks through each block once,
/// deepest first, so that the older transfers come first.
Status confirm_tiers(State& state, pb::Chain& chain, const pb::ObserveBlocks& command) {
  std::vector<pb::ConfirmationMark> marks;
  for (auto tier = command.tiers().rbegin(); tier != command.tiers().rend(); ++tier) {
    const std::uint32_t enough = tier->confirmations();
    const std::uint64_t mark = confirmation_mark(chain, enough);
    const std::uint64_t newest = newest_with(enough, chain.head().number());
    TRY_OK(each_unfinal(state, chain, mark + 1, newest,
                        [&](const std::string&, pb::Transfer& transfer) -> Status {
                          if (transfer.status() != pb::SEEN) return {};
                          TRY(const std::uint32_t wanted, needed(state, transfer, command));
                          return wanted > enough ? Status() : confirm_transfer(state, transfer);
                        }));
    marks.emplace_back().set_confirmations(enough);
    marks.back().set_number(std::max(mark, newest));
  }
  chain.mutable_confirmation_marks()->Assign(marks.begin(), marks.end());
  return {};
}

/// Makes what waits in the blocks [from, to] final.
Status finalize_in(State& state, pb::Chain& chain, std::uint64_t from, std::uint64_t to) {
  std::uint64_t finalized = 0;
  TRY_OK(each_unfinal(state, chain, from, to,
                      [&](const std::string& key, pb::Transfer& transfer) -> Status {
                        state.erase(key);
                        ++finalized;
                        return finalize_transfer(state, transfer);
                      }));
  chain.set_unfinal_transfers(chain.unfinal_transfers() - finalized);
  return {};
}

Status finalize_up_to(State& state, pb::Chain& chain, std::uint64_t number) {
  const std::uint64_t before = chain.final_number();
  if (number <= before) return {};
  TRY_OK(finalize_in(state, chain, before + 1, number));
  chain.set_final_number(number);
  // The newest final block stays as the anchor that a finality violation is seen against.
  for (std::string from = keys::block(chain.name(), before);;) {
    TRY(const auto blocks, state.range(from, keys::block(chain.name(), number), kPage));
    for (const auto& [key, unused] : blocks) state.erase(key);
    if (blocks.size() < kPage) return {};
    from = blocks.back().first;
  }
}

void advance_head(State& state, pb::Chain& chain, const pb::ObservedBlock& block) {
  pb::Block& head = *chain.mutable_head();
  head.set_number(block.number());
  head.set_hash(block.hash());
  head.set_time(block.time());
  state.put(keys::block(chain.name(), block.number()), head);
}

}  // namespace

Result<pb::Reply> apply(State& state, const pb::OpenChain& command) {
  TRY(const auto found, state.find<pb::Chain>(keys::chain(command.chain())));
  if (found) {
    return fail(
        Errc::Conflict, "chain_open",
        "chain " + command.chain() + " is open with chain id " + std::to_string(found->chain_id()));
  }
  pb::Chain chain;
  chain.set_name(command.chain());
  chain.set_chain_id(command.chain_id());
  chain.set_native_currency(command.native_currency());
  *chain.mutable_head() = command.start();
  chain.set_final_number(command.start().number());
  chain.set_confirmed_number(command.start().number());
  chain.set_start_number(command.start().number());
  state.put(keys::chain(chain.name()), chain);
  state.put(keys::block(chain.name(), command.start().number()), command.start());
  return pb::Reply{};
}

Result<pb::Reply> apply(State& state, const pb::ObserveBlocks& command) {
  TRY_OK(check_tiers(command.tiers(), command.confirmations()));
  TRY(auto chain, open_chain(state, command.chain()));
  for (const pb::ObservedBlock& block : command.blocks()) {
    TRY_OK(check_next(chain, block, command.final_number()));
    advance_head(state, chain, block);
    for (const pb::ObservedTransfer& transfer : block.transfers()) {
      TRY_OK(see_transfer(state, chain, block, transfer));
    }
    TRY_OK(confirm_up_to(state, chain, command.confirmations()));
    TRY_OK(confirm_tiers(state, chain, command));
  }
  TRY_OK(finalize_up_to(state, chain,
                        std::min<std::uint64_t>(command.final_number(), chain.head().number())));
  state.put(keys::chain(chain.name()), chain);
  return pb::Reply{};
}

Result<pb::Reply> apply(State& state, const pb::BookMissedPayments& command) {
  TRY(auto chain, open_chain(state, command.chain()));
  for (const pb::ObservedBlock& block : command.blocks()) {
    if (block.number() <= chain.start_number() || block.number() > chain.final_number()) {
      return fail(Errc::Conflict, "not_final",
                  "block " + std::to_string(block.number()) + " is not among the final blocks " +
                      std::to_string(chain.start_number() + 1) + " to " +
                      std::to_string(chain.final_number()));
    }
    for (const pb::ObservedTransfer& transfer : block.transfers()) {
      TRY(const bool missed, is_missed_payment(state, chain, transfer));
      if (missed) TRY_OK(see_transfer(state, chain, block, transfer));
    }
    TRY_OK(finalize_in(state, chain, block.number(), block.number()));
  }
  state.put(keys::chain(chain.name()), chain);
  return pb::Reply{};
}

Result<pb::Reply> apply(State& state, const pb::RewindChain& command) {
  TRY(auto chain, open_chain(state, command.chain()));
  if (command.to_number() < chain.final_number()) {
    return fail(Errc::Conflict, "finality_violation",
                "block " + std::to_string(chain.final_number()) + " is final");
  }
  if (command.to_number() >= chain.head().number()) {
    return fail(Errc::Conflict, "block_not_next", "nothing lies above that block");
  }
  TRY(const auto target, state.find<pb::Block>(keys::block(chain.name(), command.to_number())));
  if (!target || target->hash() != command.to_hash()) {
    return fail(Errc::Conflict, "parent_mismatch", "that block is not part of the chain known");
  }
  std::uint64_t reversed = 0;
  TRY_OK(each_unfinal(state, chain, command.to_number() + 1, chain.head().number(),
                      [&](const std::string& key, pb::Transfer& transfer) -> Status {
                        state.erase(key);
                        ++reversed;
                        return reverse_transfer(state, transfer);
                      }));
  chain.set_unfinal_transfers(chain.unfinal_transfers() - reversed);
  chain.set_confirmed_number(std::min(chain.confirmed_number(), command.to_number()));
  for (pb::ConfirmationMark& mark : *chain.mutable_confirmation_marks()) {
    mark.set_number(std::min(mark.number(), command.to_number()));
  }
  for (std::uint64_t number = command.to_number() + 1; number <= chain.head().number(); ++number) {
    state.erase(keys::block(chain.name(), number));
  }
  *chain.mutable_head() = *target;
  state.put(keys::chain(chain.name()), chain);
  return pb::Reply{};
}

}  // namespace settled::ledger
