#include "tests/ledger/model.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include "ledger/accounts.hpp"
#include "ledger/verify.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

rc::Gen<std::string> any_code(const Model& model) {
  return rc::gen::elementOf(model.codes);
}
rc::Gen<std::string> any_reference() {
  return rc::gen::map(rc::gen::inRange(0, 25),
                      [](int n) { return n == 24 ? std::string() : "r" + std::to_string(n); });
}
rc::Gen<std::int64_t> any_pause() {
  return rc::gen::weightedElement<std::int64_t>({{6, 0}, {3, 1}, {2, 5}, {1, 20}});
}

using Base = rc::state::Command<Model, Books>;

/// A command of both worlds. `asked` applies it to the reference and tells the refusal.
class Step : public Base {
 public:
  void apply(Model& model) const override {
    model.now += pause;
    asked(model);
  }
  void run(const Model& before, Books& books) const override {
    Model after = before;
    after.now += pause;
    const std::string refusal = asked(after);
    compare(books, before, after, refusal, command(books), reference());
  }
  void show(std::ostream& out) const override { out << "after " << pause << " ms: " << text(); }

 protected:
  virtual std::string asked(Model& model) const = 0;
  virtual pb::Command command(const Books& books) const = 0;
  virtual std::string reference() const { return {}; }
  virtual std::string text() const = 0;

  std::int64_t pause = *any_pause();
};

class Open : public Step {
 public:
  explicit Open(const Model& model) : code(*any_code(model)) {
    const int limits = *rc::gen::weightedElement<int>({{6, 0}, {3, 1}, {3, 2}, {1, 3}});
    account.debits_limited = (limits & 1) != 0;
    account.credits_limited = (limits & 2) != 0;
    account.currency = *rc::gen::weightedElement<std::string>({{8, "USDC"}, {1, "EUR"}});
    account.description = *rc::gen::weightedElement<std::string>({{8, ""}, {1, "other"}});
    const bool wrong = *rc::gen::weightedElement<bool>({{12, false}, {1, true}});
    account.clearing = code.contains(":clearing:") != wrong;
  }

 protected:
  std::string asked(Model& model) const override { return model.ledger.open(code, account); }
  pb::Command command(const Books&) const override {
    pb::OpenAccount open;
    open.set_code(code);
    open.set_currency(account.currency);
    open.set_description(account.description);
    open.set_debits_must_not_exceed_credits(account.debits_limited);
    open.set_credits_must_not_exceed_debits(account.credits_limited);
    open.set_must_return_to_zero(account.clearing);
    return tests::command(open);
  }
  std::string text() const override {
    return "open " + code + (account.debits_limited ? " debits <= credits" : "") +
           (account.credits_limited ? " credits <= debits" : "");
  }

 private:
  std::string code;
  reference::Account account;
};

class Close : public Step {
 public:
  explicit Close(const Model& model) : code(*any_code(model)) {}

 protected:
  std::string asked(Model& model) const override { return model.ledger.close(code); }
  pb::Command command(const Books&) const override {
    pb::CloseAccount close;
    close.set_code(code);
    return tests::command(close);
  }
  std::string text() const override { return "close " + code; }

 private:
  std::string code;
};

constexpr reference::Units kOne = Amount::from_units(1'000'000'000'000'000'000U).units();

/// Amounts of a few units, so that limits are met exactly, and some that no line may have.
rc::Gen<reference::Units> any_amount() {
  return rc::gen::map(rc::gen::inRange(1, 40), [](int n) {
    if (n == 39) return (reference::Units{1} << 120U) + 1;
    if (n == 38) return reference::Units{0};
    return static_cast<reference::Units>(n % 8 + 1) * kOne;
  });
}

std::string show_lines(const std::vector<reference::Line>& lines) {
  std::string out;
  for (const reference::Line& line : lines) {
    out += std::string(line.credit ? " Cr " : " Dr ") + line.account + " " + to_string(line.amount);
  }
  return out;
}

class Post : public Step {
 public:
  explicit Post(const Model& model) {
    const int lines = *rc::gen::weightedElement<int>({{1, 1}, {9, 2}, {4, 3}, {2, 4}});
    std::vector<std::string> codes = model.codes;
    for (int i = 0; i < lines; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, codes.size());
      entry.lines.push_back({codes[at], *rc::gen::arbitrary<bool>(), *any_amount()});
      // Mostly other accounts, which are there and may be booked on.
      if (*rc::gen::inRange(0, 12) != 0) codes.erase(codes.begin() + static_cast<int>(at));
      if (i == 0 && *rc::gen::inRange(0, 4) != 0) {
        std::erase_if(codes, [&](const std::string& code) {
          return !model.ledger.accounts.contains(code) || code.starts_with("asset:wallets:");
        });
      }
    }
    // Mostly such that balance: the last line makes up for the others.
    if (*rc::gen::weightedElement<bool>({{9, true}, {1, false}})) balance();
    entry.pending = *rc::gen::arbitrary<bool>();
    entry.timeout = *rc::gen::weightedElement<std::int64_t>({{5, 0}, {2, 5}, {2, 20}});
    if (!entry.pending && *rc::gen::weightedElement<bool>({{9, true}, {1, false}})) {
      entry.timeout = 0;
    }
    entry.description = *rc::gen::weightedElement<std::string>({{9, ""}, {1, "other"}});
  }

 protected:
  std::string asked(Model& model) const override {
    return model.ledger.post(name, entry, model.now);
  }
  pb::Command command(const Books&) const override {
    pb::PostEntry post;
    post.set_reference(name);
    post.set_kind("model");
    post.set_description(entry.description);
    post.set_pending(entry.pending);
    post.set_timeout_ms(entry.timeout);
    for (const reference::Line& line : entry.lines) {
      pb::Line& out = *post.add_lines();
      out.set_account(line.account);
      out.set_credit(line.credit);
      out.set_amount(Amount::from_units(line.amount).stored());
    }
    return tests::command(post);
  }
  std::string reference() const override { return name; }
  std::string text() const override {
    return (entry.pending ? "hold " : "post ") + name + show_lines(entry.lines) +
           (entry.timeout == 0 ? "" : " for " + std::to_string(entry.timeout) + " ms");
  }

 private:
  void balance() {
    reference::Line& last = entry.lines.back();
    reference::Units debits = 0;
    reference::Units credits = 0;
    for (std::size_t i = 0; i + 1 < entry.lines.size(); ++i) {
      (entry.lines[i].credit ? credits : debits) += entry.lines[i].amount;
    }
    last.credit = debits > credits;
    last.amount = last.credit ? debits - credits : credits - debits;
  }

  std::string name = *any_reference();
  reference::Entry entry;
};

/// Mostly one that is there.
std::string any_hold(const Model& model) {
  std::vector<std::string> holds;
  for (const auto& [reference, entry] : model.ledger.entries) {
    if (entry.pending) holds.push_back(reference);
  }
  if (holds.empty() || *rc::gen::inRange(0, 10) == 0) return *any_reference();
  return *rc::gen::elementOf(holds);
}

class PostHold : public Step {
 public:
  explicit PostHold(const Model& model) : hold(any_hold(model)) {
    const auto held = model.ledger.entries.find(hold);
    const int how = *rc::gen::inRange(0, 6);
    if (held == model.ledger.entries.end() || how < 2) return;
    for (const reference::Line& line : held->second.lines) {
      if (how < 5) amounts.push_back(line.amount);
      if (how == 5)
        amounts.push_back(static_cast<reference::Units>(*rc::gen::inRange(0, 10)) * kOne);
    }
    if (how == 3) {
      for (reference::Units& amount : amounts) amount = amount > kOne ? amount - kOne : amount;
    }
    const int wrong = how == 4 ? *rc::gen::inRange(0, 4) : 3;
    if (wrong == 0) amounts.pop_back();
    if (wrong == 1) amounts.assign(amounts.size(), 0);
  }

 protected:
  std::string asked(Model& model) const override {
    return model.ledger.post_hold(name, hold, amounts, model.now);
  }
  pb::Command command(const Books& books) const override {
    pb::PostHold post;
    post.set_reference(name);
    post.set_hold(books.id(hold));
    for (const reference::Units amount : amounts) {
      post.add_amounts(Amount::from_units(amount).stored());
    }
    return tests::command(post);
  }
  std::string reference() const override { return name; }
  std::string text() const override {
    std::string out = "post hold " + hold + " as " + name;
    for (const reference::Units amount : amounts) out += " " + to_string(amount);
    return out;
  }

 private:
  std::string name = *any_reference();
  std::string hold;
  std::vector<reference::Units> amounts;
};

class VoidHold : public Step {
 public:
  explicit VoidHold(const Model& model) : hold(any_hold(model)) {}

 protected:
  std::string asked(Model& model) const override {
    return model.ledger.void_hold(name, hold, model.now);
  }
  pb::Command command(const Books& books) const override {
    pb::VoidHold out;
    out.set_reference(name);
    out.set_hold(books.id(hold));
    return tests::command(out);
  }
  std::string reference() const override { return name; }
  std::string text() const override { return "void hold " + hold + " as " + name; }

 private:
  std::string name = *any_reference();
  std::string hold;
};

class Expire : public Step {
 public:
  explicit Expire(const Model&) {}

 protected:
  std::string asked(Model& model) const override {
    model.ledger.expire(limit, model.now);
    return {};
  }
  pb::Command command(const Books&) const override {
    pb::ExpireHolds out;
    out.set_limit(limit);
    return tests::command(out);
  }
  std::string text() const override { return "expire " + std::to_string(limit); }

 private:
  std::uint32_t limit = *rc::gen::inRange<std::uint32_t>(1, 4);
};

/// A book with a signer's money and a merchant's, and a few accounts to begin with; and the
/// reference as it must be then.
Model begin(Books& books) {
  const std::string merchant = books.fixture.set_up();
  books.fixture.fund(merchant, "10");
  pb::OpenAccount open;
  open.set_currency("USDC");
  for (const std::string code :
       {"asset:bank", "liability:loans", "income:sales", "asset:clearing:card"}) {
    open.set_code(code);
    open.set_must_return_to_zero(code == "asset:clearing:card");
    open.set_debits_must_not_exceed_credits(code == "liability:loans");
    open.set_credits_must_not_exceed_debits(code == "asset:bank");
    books.fixture.ok(open);
  }
  Model model;
  model.ledger.accounts = accounts_of(books.fixture.store());
  model.now = books.fixture.now_ms();
  model.codes = {"asset:bank",
                 "liability:loans",
                 "income:sales",
                 "asset:clearing:card",
                 "liability:clearing:wire",
                 "equity:owners",
                 "equity:opening:USDC",
                 "asset:wallets:hot:base:USDC",
                 chart::merchant(MerchantId::from_raw(merchant).to_string(), "USDC").code,
                 "asset:missing"};
  return model;
}

}  // namespace

TEST_CASE("the journal does what a ledger of plain maps and integers does") {
  ::setenv("RC_PARAMS", "seed=4 max_success=250 max_size=100", 0);
  std::map<std::string, int> said;
  CHECK(rc::check("answers, accounts, history, holds and clearing agree", [&said] {
    Books books(said);
    const Model model = begin(books);
    rc::state::check(model, books,
                     rc::state::gen::execOneOfWithArgs<Post, Post, Post, Post, Open, Close,
                                                       PostHold, PostHold, VoidHold, Expire>());
    RC_ASSERT(verify(books.fixture.store()).has_value());
  }));
  // The runs are worth something only if they get everywhere.
  for (const std::string word : {"",
                                 "account_closed",
                                 "account_follows_chain",
                                 "account_not_found",
                                 "account_not_zero",
                                 "account_of_system",
                                 "account_reserved",
                                 "amount_too_large",
                                 "amounts_mismatch",
                                 "duplicate_account",
                                 "exceeds_credits",
                                 "exceeds_debits",
                                 "exceeds_hold",
                                 "exists_with_different_account",
                                 "exists_with_different_currency",
                                 "exists_with_different_hold",
                                 "exists_with_different_limits",
                                 "exists_with_different_operation",
                                 "exists_with_different_pending",
                                 "exists_with_different_timeout",
                                 "hold_expired",
                                 "hold_not_found",
                                 "hold_posted",
                                 "hold_voided",
                                 "insufficient_funds",
                                 "invalid_amount",
                                 "invalid_amounts",
                                 "invalid_clearing",
                                 "invalid_limits",
                                 "invalid_lines",
                                 "invalid_reference",
                                 "invalid_timeout",
                                 "unbalanced_entry"}) {
    INFO(word);
    CHECK(said[word] > 0);
  }
}
