#include "tests/sim/bugs.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "chains/evm/u256.hpp"
#include "daemon/async/book.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "ledger/types/amount.hpp"
#include "tests/sim/virtual_time.hpp"

namespace settled::sim {

// Whoever calls daemon::apply calls the first of these: the linker is told so (--wrap in
// CMakeLists.txt).
using Key = std::optional<ledger::pb::IdempotencyKey>;
using Answer = daemon::Task<Result<ledger::Applied>>;
Answer wrapped_apply(ledger::Book& book, ledger::pb::Command command,
                     Key key) asm("__wrap_" SETTLED_APPLY);
Answer real_apply(ledger::Book& book, ledger::pb::Command command,
                  Key key) asm("__real_" SETTLED_APPLY);

// And Book::submit, which every command goes through once the book is open.
void wrapped_submit(ledger::Book& book, ledger::pb::Command command, Key key,
                    ledger::Done done) asm("__wrap_" SETTLED_SUBMIT);
void real_submit(ledger::Book& book, ledger::pb::Command command, Key key,
                 ledger::Done done) asm("__real_" SETTLED_SUBMIT);

namespace {

namespace pb = ledger::pb;
using nlohmann::json;

constexpr std::array<std::string_view, kBugs> kNames = {"none",
                                                        "credit_by_transaction",
                                                        "cursor_jumps",
                                                        "errors_swallowed",
                                                        "empty_believed",
                                                        "no_reorganisations",
                                                        "available_before_final",
                                                        "stops_at_stranger",
                                                        "poison_transaction",
                                                        "finality_of_head",
                                                        "answered_before_sync",
                                                        "webhook_gives_up",
                                                        "any_answer_counts",
                                                        "late_dropped",
                                                        "credit_in_two_commits",
                                                        "duplicate_credited",
                                                        "strangers_dropped",
                                                        "amount_as_float"};

Bug current_bug = Bug::None;

/// The blocks that a client with the bug reads of a batch.
constexpr int kBoundedRead = 3;
/// The transfer that a poisoned client cannot take, in units of 10^-18: one base unit of USDC.
constexpr uint128 kPoison = 1'000'000'000'000;

Amount amount_of(const pb::ObservedTransfer& transfer) {
  return Amount::from_stored(transfer.amount()).value();
}

std::optional<pb::Intent> intent_of(const ledger::Book& book, const std::string& address) {
  const auto found = ledger::read_record<pb::DepositAddress>(
      book.reader(), ledger::keys::deposit_address(address));
  if (!found.value() || (*found)->intent().empty()) return std::nullopt;
  return ledger::read_record<pb::Intent>(book.reader(), ledger::keys::intent((*found)->intent()))
      .value();
}

/// Keeps the transfers of a block that `keep` says yes to, in their order.
template <typename Keep>
void filter(pb::ObservedBlock& block, Keep keep) {
  std::vector<pb::ObservedTransfer> kept;
  for (const pb::ObservedTransfer& transfer : block.transfers()) {
    if (keep(transfer)) kept.push_back(transfer);
  }
  block.clear_transfers();
  for (pb::ObservedTransfer& transfer : kept) *block.add_transfers() = std::move(transfer);
}

void lose_bits(pb::ObservedTransfer& transfer) {
  const int decimals = static_cast<int>(transfer.decimals());
  uint128 units = amount_of(transfer).to_base_units(decimals).value();
  int shift = 0;
  for (; (units >> 53U) != 0; ++shift) units >>= 1U;
  transfer.set_amount(Amount::from_base_units(units << shift, decimals).value().stored());
}

void spoil(const ledger::Book& book, pb::ObservedBlock& block, int place) {
  bool stopped = false;
  std::set<std::string> seen;
  filter(block, [&](const pb::ObservedTransfer& transfer) {
    const auto intent = intent_of(book, transfer.to());
    switch (current_bug) {
      case Bug::CreditByTransaction:
        return seen.insert(transfer.tx_hash()).second;
      case Bug::CursorJumps:
        return place < kBoundedRead;
      case Bug::StopsAtStranger:
        stopped = stopped || !intent;
        return !stopped;
      case Bug::LateDropped:
        return !intent || block.time() <= intent->expires_at();
      case Bug::StrangersDropped:
        return intent.has_value();
      default:
        return true;
    }
  });
  if (current_bug != Bug::AmountAsFloat) return;
  for (pb::ObservedTransfer& transfer : *block.mutable_transfers()) lose_bits(transfer);
}

bool is_poisoned(const pb::ObserveBlocks& observe) {
  return std::ranges::any_of(observe.blocks(), [](const pb::ObservedBlock& block) {
    return std::ranges::any_of(block.transfers(), [](const pb::ObservedTransfer& transfer) {
      return amount_of(transfer).units() == kPoison;
    });
  });
}

/// Blocks that have numbers we do not have yet are put upon whatever we have.
Answer follow_by_number(ledger::Book& book, pb::Command command) {
  if (command.has_rewind_chain()) co_return ledger::Applied{};
  pb::ObserveBlocks& observe = *command.mutable_observe_blocks();
  const auto chain =
      ledger::read_record<pb::Chain>(book.reader(), ledger::keys::chain(observe.chain())).value();
  std::vector<pb::ObservedBlock> above;
  for (const pb::ObservedBlock& block : observe.blocks()) {
    if (block.number() > chain->head().number()) above.push_back(block);
  }
  observe.clear_blocks();
  for (pb::ObservedBlock& block : above) *observe.add_blocks() = std::move(block);
  if (observe.blocks_size() > 0) observe.mutable_blocks(0)->set_parent(chain->head().hash());
  co_return co_await real_apply(book, std::move(command), {});
}

/// The blocks without their transfers, and then once more with them.
Answer credit_in_two_commits(ledger::Book& book, pb::Command command) {
  const pb::ObserveBlocks observe = command.observe_blocks();
  const auto chain =
      ledger::read_record<pb::Chain>(book.reader(), ledger::keys::chain(observe.chain())).value();
  const bool linked = observe.blocks_size() > 0 &&
                      observe.blocks(0).number() == chain->head().number() + 1 &&
                      chain->final_number() <= chain->head().number();
  if (linked) {
    pb::Command first = command;
    first.mutable_observe_blocks()->set_final_number(0);
    for (pb::ObservedBlock& block : *first.mutable_observe_blocks()->mutable_blocks()) {
      block.clear_transfers();
    }
    CO_TRY_OK(co_await real_apply(book, std::move(first), {}));
    pb::Command back;
    back.mutable_rewind_chain()->set_chain(observe.chain());
    back.mutable_rewind_chain()->set_to_number(chain->head().number());
    back.mutable_rewind_chain()->set_to_hash(chain->head().hash());
    CO_TRY_OK(co_await real_apply(book, std::move(back), {}));
  }
  co_return co_await real_apply(book, std::move(command), {});
}

Answer apply_with_bug(ledger::Book& book, pb::Command command, Key key) {
  const bool of_chain = command.has_observe_blocks() || command.has_rewind_chain();
  if (current_bug == Bug::None || !of_chain) {
    co_return co_await real_apply(book, std::move(command), std::move(key));
  }
  if (current_bug == Bug::NoReorganisations) {
    co_return co_await follow_by_number(book, std::move(command));
  }
  if (command.has_observe_blocks()) {
    pb::ObserveBlocks& observe = *command.mutable_observe_blocks();
    if (current_bug == Bug::CreditInTwoCommits) {
      co_return co_await credit_in_two_commits(book, std::move(command));
    }
    if (current_bug == Bug::PoisonTransaction && is_poisoned(observe)) {
      co_return fail(Errc::Rejected, "poison", "the transfer is refused");
    }
    for (int i = 0; i < observe.blocks_size(); ++i) spoil(book, *observe.mutable_blocks(i), i);
    if (current_bug == Bug::AvailableBeforeFinal && observe.blocks_size() > 0) {
      observe.set_final_number(observe.blocks().rbegin()->number());
    }
  }
  co_return co_await real_apply(book, std::move(command), std::move(key));
}

bool is_call(const json& call, std::string_view method) {
  return call.is_object() && call.value("method", "") == method;
}

void swallow_error(json& answer, std::string_view only) {
  if (!answer.contains("error")) return;
  if (!only.empty() && answer["error"].value("message", "") != only) return;
  answer.erase("error");
  answer["result"] = json::array();
}

/// A log that is told twice gets a place of its own.
void renumber(json& logs) {
  std::set<std::pair<std::string, std::string>> places;
  for (json& log : logs) {
    if (places.emplace(log["blockHash"], log["logIndex"]).second) continue;
    log["logIndex"] = chains::evm::to_quantity(std::uint64_t{500} + places.size());
  }
}

void misread(Bug bug, const json& call, json& answer) {
  if (!is_call(call, "eth_getLogs")) return;
  if (bug == Bug::ErrorsSwallowed) swallow_error(answer, "");
  if (bug == Bug::EmptyBelieved) swallow_error(answer, "unknown block");
  if (bug == Bug::DuplicateCredited && answer.contains("result")) renumber(answer["result"]);
}

}  // namespace

Answer wrapped_apply(ledger::Book& book, pb::Command command, Key key) {
  return apply_with_bug(book, std::move(command), std::move(key));
}

// Counted by this one, since not everybody waits for the answer: an incident is reported and left.
void wrapped_submit(ledger::Book& book, pb::Command command, Key key, ledger::Done done) {
  if (auto* time = VirtualTime::current()) time->submitted();
  real_submit(book, std::move(command), std::move(key), std::move(done));
}

std::string_view to_string(Bug bug) {
  return kNames[static_cast<std::size_t>(bug)];
}

void set_bug(Bug bug) {
  current_bug = bug;
}

std::string believed(Bug bug, const std::string& question, std::string answer) {
  const json asked = json::parse(question);
  json told = json::parse(answer, nullptr, false);
  if (told.is_discarded()) return answer;
  if (!asked.is_array()) {
    misread(bug, asked, told);
  } else if (told.is_array()) {
    for (std::size_t i = 0; i < asked.size(); ++i) misread(bug, asked[i], told[i]);
    const bool heads = asked.size() == 2 && is_call(asked[1], "eth_getBlockByNumber") &&
                       asked[1]["params"][0] == "finalized";
    if (bug == Bug::FinalityOfHead && heads) told[1]["result"] = told[0]["result"];
  }
  return told.dump();
}

}  // namespace settled::sim
