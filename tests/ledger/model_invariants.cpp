#include <rapidcheck.h>

#include "ledger/clearing.hpp"
#include "ledger/journal.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/ledger/model.hpp"

namespace settled::tests {

using namespace ledger;

namespace {

reference::Units units(std::string_view stored) {
  return amount_of(stored).value().units();
}

reference::Account seen(const pb::Account& account) {
  const pb::Counters& at = account.counters();
  return {.currency = account.currency(),
          .description = account.description(),
          .debits_limited = account.debits_must_not_exceed_credits(),
          .credits_limited = account.credits_must_not_exceed_debits(),
          .clearing = account.must_return_to_zero(),
          .closed = account.closed() != 0,
          .debits = units(at.debits_posted()),
          .credits = units(at.credits_posted()),
          .held_debits = units(at.debits_pending()),
          .held_credits = units(at.credits_pending()),
          .uncleared_since = account.uncleared_since()};
}

}  // namespace

std::map<std::string, reference::Account> accounts_of(const store::Reader& reader) {
  std::map<std::string, reference::Account> out;
  const auto accounts = reports::accounts(reader, {}).value();
  for (const pb::Account& account : accounts) out[account.code()] = seen(account);
  return out;
}

namespace {

void check_sums(const std::map<std::string, reference::Account>& accounts) {
  std::map<std::string, reference::Units> posted;
  std::map<std::string, reference::Units> held;
  for (const auto& [code, account] : accounts) {
    posted[account.currency] += account.debits - account.credits;
    held[account.currency] += account.held_debits - account.held_credits;
    RC_ASSERT(!account.debits_limited || account.debits + account.held_debits <= account.credits);
    RC_ASSERT(!account.credits_limited || account.credits + account.held_credits <= account.debits);
  }
  for (const auto* sums : {&posted, &held}) {
    for (const auto& [currency, sum] : *sums) RC_ASSERT(sum == 0);
  }
}

/// The newest history row of each account is the account; what is read at this time is too.
void check_history(const store::Reader& reader, std::int64_t now) {
  const auto accounts = reports::accounts(reader, {}).value();
  for (const pb::Account& account : accounts) {
    const auto then = reports::account_at(reader, account.code(), from_ms(now)).value();
    RC_ASSERT(then.has_value());
    RC_ASSERT(seen(*then) == seen(account));
    const auto before =
        reports::account_at(reader, account.code(), from_ms(account.created() - 1)).value();
    RC_ASSERT(!before.has_value());
  }
}

void check_clearing(const store::Reader& reader, const Model& model) {
  std::map<std::string, std::int64_t> expected;
  for (const auto& [code, account] : model.ledger.accounts) {
    if (account.clearing && account.debits != account.credits) {
      expected[code] = account.uncleared_since;
    }
  }
  std::map<std::string, std::int64_t> found;
  const auto uncleared = reports::clearing(reader, from_ms(model.now)).value();
  for (const reports::Uncleared& each : uncleared) {
    const reference::Account& account = model.ledger.accounts.at(each.account);
    const bool debit = account.debits > account.credits;
    RC_ASSERT(each.balance.negative() == debit);
    RC_ASSERT(each.balance.size().units() ==
              (debit ? account.debits - account.credits : account.credits - account.debits));
    found[each.account] = to_ms(each.since);
  }
  RC_ASSERT(found == expected);
}

/// Every hold is as the reference has it, and those that end by themselves are in the index.
void check_holds(const Books& books, const store::Reader& reader, const Model& model) {
  std::size_t timed = 0;
  for (const auto& [reference, entry] : model.ledger.entries) {
    if (!entry.pending) continue;
    const auto hold = read_record<pb::Hold>(reader, keys::hold(books.id(reference))).value();
    RC_ASSERT(hold.has_value());
    pb::Entry by;
    if (!hold->resolved_by().empty()) {
      by = read_record<pb::Entry>(reader, keys::entry(hold->resolved_by())).value().value();
    }
    const HoldStatus status = status_of(*hold, by);
    RC_ASSERT((status == HoldStatus::Pending) == entry.resolved.empty());
    RC_ASSERT((status == HoldStatus::Posted) == (entry.resolved == "posted"));
    RC_ASSERT((status == HoldStatus::Voided) == (entry.resolved == "voided"));
    RC_ASSERT((status == HoldStatus::Expired) == (entry.resolved == "expired"));
    timed += entry.timeout != 0 && entry.resolved.empty() ? 1 : 0;
  }
  std::size_t indexed = 0;
  const std::string prefix = keys::Key(keys::Table::HoldExpiry);
  RC_ASSERT(reader.scan(prefix, store::prefix_end(prefix), [&](std::string_view, std::string_view) {
    ++indexed;
    return true;
  }));
  RC_ASSERT(indexed == timed);
}

}  // namespace

void compare(Books& books, const Model& before, const Model& after, const std::string& refusal,
             const pb::Command& command, const std::string& reference) {
  books.fixture.clock().advance(after.now - before.now);
  const auto rows = books.rows();
  const std::string state = books.fixture.book().head().state_hash();
  const Result<Applied> applied = books.fixture.book().apply(command);
  RC_ASSERT((applied ? "" : applied.error().reason) == refusal);
  ++books.said[refusal];
  if (!applied) {
    RC_ASSERT(books.rows() == rows);
    RC_ASSERT(books.fixture.book().head().state_hash() == state);
  } else if (!reference.empty()) {
    const std::string& id = applied->reply.entry().id();
    RC_ASSERT(books.ids.emplace(reference, id).first->second == id);
  }
  const store::Reader& reader = books.fixture.store();
  const auto accounts = accounts_of(reader);
  RC_ASSERT(accounts == after.ledger.accounts);
  check_sums(accounts);
  check_history(reader, after.now);
  check_clearing(reader, after);
  check_holds(books, reader, after);
}

}  // namespace settled::tests
