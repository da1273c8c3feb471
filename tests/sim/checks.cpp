#include "tests/sim/checks.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/render/render.hpp"
#include "daemon/webhooks/subscription.hpp"
#include "ledger/keys.hpp"
#include "ledger/records.pb.h"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"
#include "tests/sim/daemon.hpp"

namespace settled::sim {
namespace {

namespace pb = ledger::pb;
using ledger::store::Reader;
using settled::to_string;

uint128 units(const std::string& stored) {
  return stored.empty() ? 0 : Amount::from_stored(stored).value().units();
}

/// The block of that number in the branch of `head`.
const Block* ancestor(const Block* head, std::uint64_t number) {
  while (head != nullptr && head->ref.number > number) head = head->parent.get();
  return head;
}

uint128 reached(const Block* block, Token token) {
  return block->reached[static_cast<std::size_t>(token)] * scale_of(token);
}

struct Sums {
  uint128 debits = 0;
  uint128 credits = 0;
};

std::string check_sums(const std::vector<pb::Account>& accounts) {
  std::map<std::string, Sums> posted;
  std::map<std::string, Sums> pending;
  for (const pb::Account& account : accounts) {
    const pb::Counters& at = account.counters();
    posted[account.currency()].debits += units(at.debits_posted());
    posted[account.currency()].credits += units(at.credits_posted());
    pending[account.currency()].debits += units(at.debits_pending());
    pending[account.currency()].credits += units(at.credits_pending());
  }
  for (const auto& sums : {posted, pending}) {
    for (const auto& [currency, sum] : sums) {
      if (sum.debits != sum.credits) return "entries in " + currency + " do not sum to zero";
    }
  }
  return {};
}

/// What custody of a token holds: posted, and pending on top.
std::pair<uint128, uint128> custody(const std::vector<pb::Account>& accounts,
                                    const std::string& code) {
  for (const pb::Account& account : accounts) {
    if (account.code() != code) continue;
    const pb::Counters& at = account.counters();
    return {units(at.debits_posted()) - units(at.credits_posted()),
            units(at.debits_pending()) - units(at.credits_pending())};
  }
  return {};
}

std::string check_chain(const Reader& books, const std::vector<pb::Account>& accounts,
                        const Followed& followed) {
  const auto chain =
      ledger::read_record<pb::Chain>(books, ledger::keys::chain(followed.name)).value();
  if (!chain) return {};  // not opened yet
  const Block* head = followed.chain->find(fixed_from<BlockHash>(chain->head().hash()));
  if (head == nullptr || head->ref.number != chain->head().number()) {
    return "the cursor of " + followed.name + " stands on a block that never was";
  }
  const std::uint64_t final_number = chain->final_number();
  if (final_number > followed.chain->final_number()) {
    return "block " + std::to_string(final_number) + " of " + followed.name +
           " is final in the books, and block " + std::to_string(followed.chain->final_number()) +
           " on the chain";
  }
  const Block* final_block = ancestor(head, final_number);
  if (final_block != followed.chain->blocks()[final_number].get()) {
    return "a block that was final in the books has left chain " + followed.name;
  }
  const Block* start = ancestor(head, chain->start_number());
  const Block* confirmed =
      ancestor(head, std::max<std::uint64_t>(final_number, chain->confirmed_number()));
  for (const Token token : {Token::Usdc, Token::Eurc}) {
    const std::string symbol = listed_tokens()[static_cast<std::size_t>(token)].symbol;
    const auto [posted, pending] =
        custody(accounts, "asset:deposits:" + followed.name + ":" + symbol);
    const uint128 final_units = reached(final_block, token) - reached(start, token);
    const uint128 pending_units = reached(confirmed, token) - reached(final_block, token);
    const std::string of = symbol + " of " + followed.name + " at block " +
                           std::to_string(chain->head().number()) + " (final " +
                           std::to_string(final_number) + "): ";
    if (posted != final_units) {
      return of + "custody is " + to_string(posted) + ", the chain has " + to_string(final_units);
    }
    const uint128 most =
        followed.small ? reached(head, token) - reached(final_block, token) : pending_units;
    if (pending < pending_units || pending > most) {
      return of + "pending is " + to_string(pending) + ", the chain has " +
             to_string(pending_units);
    }
  }
  return {};
}

using LogPlace = std::pair<std::string, std::uint32_t>;
struct Expected {
  const Credit* credit = nullptr;
  const Block* block = nullptr;
};

/// Everything of a branch after the start that is ours.
std::map<LogPlace, Expected> expected_of(const Block* head, std::uint64_t start) {
  std::map<LogPlace, Expected> out;
  for (const Block* block = head; block && block->ref.number > start; block = block->parent.get()) {
    for (const Credit& credit : block->ours) {
      out[{credit.tx.raw(), credit.log_index}] = {&credit, block};
    }
  }
  return out;
}

pb::TransferStatus status_of(const pb::Chain& chain, std::uint64_t number) {
  if (number <= chain.final_number()) return pb::FINALIZED;
  return number <= chain.confirmed_number() ? pb::CONFIRMED : pb::SEEN;
}

/// Neither the transfer nor what its intent asks for is above `small`.
bool is_small(const Reader& books, const pb::Transfer& transfer, const Amount& small) {
  if (Amount::from_units(units(transfer.amount())) > small) return false;
  if (transfer.intent().empty()) return true;
  const auto intent =
      ledger::read_record<pb::Intent>(books, ledger::keys::intent(transfer.intent())).value();
  return Amount::from_units(units(intent->amount())) <= small;
}

/// `may_be_early`: it may be confirmed before its block is as deep as others must be.
std::string check_transfer(const pb::Transfer& transfer, const Expected& expected,
                           const pb::Chain& chain, bool may_be_early) {
  const Credit& credit = *expected.credit;
  const bool same =
      transfer.to() == credit.transfer.to.raw() &&
      units(transfer.amount()) == credit.transfer.value * scale_of(credit.transfer.token) &&
      transfer.token_address() == address_of(credit.transfer.token).raw() &&
      transfer.block_hash() == expected.block->ref.hash.raw();
  if (!same) return "is not what the chain has";
  const pb::TransferStatus status = status_of(chain, expected.block->ref.number);
  const bool early = status == pb::SEEN && transfer.status() == pb::CONFIRMED && may_be_early;
  if (transfer.status() != status && !early) {
    return "has status " + std::to_string(transfer.status());
  }
  return {};
}

/// Whose the money is, by the intent as it is stored.
std::string check_owner(const Reader& books, const pb::Transfer& transfer) {
  const auto address =
      ledger::read_record<pb::DepositAddress>(books, ledger::keys::deposit_address(transfer.to()))
          .value();
  if (!address || address->intent().empty()) {
    return transfer.reason() == "no_intent" ? "" : "is of no intent, and not in suspense for it";
  }
  const auto intent =
      ledger::read_record<pb::Intent>(books, ledger::keys::intent(address->intent())).value();
  const bool accepted =
      std::ranges::any_of(intent->options(), [&](const pb::PaymentOption& option) {
        return option.chain() == transfer.chain() &&
               option.token_address() == transfer.token_address();
      });
  const bool late = transfer.block_time() > intent->expires_at();
  const bool too_late = transfer.block_time() > intent->late_until();
  // A cancellation may come between two sights of the same transfer.
  if (intent->canceled() != 0 && transfer.reason() == "canceled") return {};
  const std::string reason = !accepted ? "token_not_accepted" : too_late ? "late" : "";
  if (transfer.reason() != reason) return "is in suspense for '" + transfer.reason() + "'";
  if (!reason.empty()) return {};
  if (transfer.intent() != intent->id()) return "is not its intent's";
  return transfer.late() == late ? "" : "is told to be " + std::string(late ? "in time" : "late");
}

}  // namespace

std::string check_balances(const Reader& books, const std::vector<Followed>& chains) {
  const auto accounts = ledger::reports::accounts(books, "").value();
  std::string wrong = check_sums(accounts);
  for (const Followed& followed : chains) {
    if (wrong.empty()) wrong = check_chain(books, accounts, followed);
  }
  return wrong;
}

std::string check_transfers(const Reader& books, const std::vector<Followed>& chains) {
  std::map<std::string, std::map<LogPlace, Expected>> expected;
  std::map<std::string, pb::Chain> records;
  std::map<std::string, std::optional<Amount>> small_of;
  for (const Followed& followed : chains) {
    const auto chain =
        ledger::read_record<pb::Chain>(books, ledger::keys::chain(followed.name)).value();
    if (!chain) continue;
    const Block* head = followed.chain->find(fixed_from<BlockHash>(chain->head().hash()));
    expected[followed.name] = expected_of(head, chain->start_number());
    records[followed.name] = *chain;
    small_of[followed.name] = followed.small;
  }
  std::map<std::string, uint128> credited;
  std::string wrong;
  const std::string prefix = ledger::keys::Key(ledger::keys::Table::Transfer);
  const Status read = books.scan(
      prefix, ledger::store::prefix_end(prefix), [&](std::string_view, std::string_view value) {
        pb::Transfer transfer;
        INVARIANT(transfer.ParseFromArray(value.data(), static_cast<int>(value.size())));
        auto& of_chain = expected[transfer.chain()];
        const auto found = of_chain.find({transfer.tx_hash(), transfer.log_index()});
        if (transfer.status() == pb::REVERSED) {
          if (found != of_chain.end()) wrong = "is reversed, and on the chain";
        } else if (found == of_chain.end()) {
          wrong = "is in the books, and not on the chain";
        } else {
          const auto small = small_of[transfer.chain()];
          wrong = check_transfer(transfer, found->second, records[transfer.chain()],
                                 small && is_small(books, transfer, *small));
          if (wrong.empty()) wrong = check_owner(books, transfer);
          of_chain.erase(found);
        }
        if (transfer.status() == pb::FINALIZED) {
          credited[transfer.credit_account()] += units(transfer.amount());
        }
        if (!wrong.empty()) {
          wrong = "transfer of " + Amount::from_units(units(transfer.amount())).to_string() +
                  " in block " + std::to_string(transfer.block_number()) + " of " +
                  transfer.chain() + " " + wrong;
        }
        return wrong.empty();
      });
  INVARIANT(read.has_value());
  if (!wrong.empty()) return wrong;
  for (const auto& [name, missing] : expected) {
    if (missing.empty()) continue;
    const Expected& first = missing.begin()->second;
    return "a transfer of " + to_string(first.credit->transfer.value) + " in block " +
           std::to_string(first.block->ref.number) + " of " + name + " is not in the books";
  }
  for (const auto& [code, sum] : credited) {
    const auto account =
        ledger::read_record<pb::Account>(books, ledger::keys::account(code)).value();
    if (!account || units(account->counters().credits_posted()) != sum) {
      return "account " + code + " does not hold what is final of its transfers";
    }
  }
  return {};
}

std::string check_webhooks(const Reader& books, const Receiver& receiver) {
  const auto events = ledger::reports::events(books, {}, 0, 100'000).value().data;
  const auto endpoints = ledger::reports::all_endpoints(books).value();
  std::map<std::string, std::size_t> places;  // by object
  std::set<std::string> known;
  for (const pb::Event& event : events) {
    if (!daemon::webhooks::hears(endpoints.at(0), event)) continue;
    const std::string id = EventId::from_raw(event.id()).to_string();
    known.insert(id);
    const auto heard = receiver.events().find(id);
    if (heard == receiver.events().end() || !heard->second.acknowledged) {
      return "event " + id + " (" + event.type() + ") was never acknowledged";
    }
    if (heard->second.body != daemon::render::event_body(event, render_context())) {
      return "event " + id + " was told otherwise than it is in the books";
    }
    const std::string object(daemon::webhooks::object_of(event));
    const auto [before, first] = places.try_emplace(object, heard->second.place);
    if (!first && heard->second.place < before->second) {
      return "event " + id + " (" + event.type() + ") was told before an older one of its object";
    }
    before->second = heard->second.place;
  }
  for (const auto& [id, heard] : receiver.events()) {
    if (!known.contains(id)) return "event " + id + " was told and is not in the books";
  }
  return {};
}

}  // namespace settled::sim
