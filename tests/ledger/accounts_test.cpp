#include "ledger/accounts.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using settled::tests::money;
using settled::tests::text_of;

namespace {

/// Accounts without commands: one State over an empty store.
class Accounts {
 public:
  State& state() { return *state_; }
  Overlay& overlay() { return overlay_; }
  void at(std::int64_t ms) { state_.emplace(overlay_, head_, from_ms(ms), entropy_, kRules); }

  std::string counters(const AccountRef& account) {
    const auto found = state_->find<pb::Account>(keys::account(account.code)).value();
    if (!found) return "none";
    const CounterAmounts at = amounts_of(found->counters()).value();
    return at.debits_posted.to_string() + "/" + at.credits_posted.to_string() + " " +
           at.debits_pending.to_string() + "/" + at.credits_pending.to_string();
  }
  std::size_t size() {
    overlay_.keep();
    const auto rows = overlay_.range("", "\x7f", 1'000).value();
    return rows.size();
  }
  void commit() {
    state_->put(keys::head(), head_);
    overlay_.keep();
    REQUIRE(books_.store().write(overlay_.take_batch(), store::Durability::Synced).has_value());
  }
  store::Store& store() { return books_.store(); }

 private:
  tests::BookFixture books_;
  Overlay overlay_{books_.store()};
  pb::Head head_;
  std::string entropy_ = std::string(10, 'e');
  std::optional<State> state_ = State(overlay_, head_, from_ms(1'000), entropy_, kRules);
};

Amount amount(std::string_view text) {
  return Amount::parse(text).value();
}

const AccountRef kShop = chart::merchant("mer_1", "USDC");
const AccountRef kDeposits = chart::deposits("base", "USDC", "USDC");
const AccountRef kWallet = chart::wallet("hot", "base", "USDC", "USDC");

}  // namespace

TEST_CASE("the chart of accounts spells codes in one way") {
  CHECK(kShop.code == "liability:merchants:mer_1:USDC");
  CHECK(chart::merchant_prefix("mer_1") == "liability:merchants:mer_1:");
  CHECK(chart::suspense("late", "USDC").code == "liability:suspense:late:USDC");
  CHECK(kDeposits.code == "asset:deposits:base:USDC");
  CHECK(kWallet.code == "asset:wallets:hot:base:USDC");
  CHECK(chart::opening("USDC").code == "equity:opening:USDC");
  CHECK(chart::treasury("ETH").code == "equity:treasury:ETH");
  CHECK(chart::network_fees("ETH").code == "expense:network_fees:ETH");
}

TEST_CASE("an entry counts on both sides and names the account's type") {
  Accounts books;
  REQUIRE(
      post(books.state(), "test", "x", {debit(kDeposits, amount("3")), credit(kShop, amount("3"))})
          .has_value());
  CHECK(books.counters(kDeposits) == "3.00/0.00 0.00/0.00");
  CHECK(books.counters(kShop) == "0.00/3.00 0.00/0.00");
  const auto account = books.state().get<pb::Account>(keys::account(kShop.code)).value();
  CHECK(account.type() == pb::LIABILITY);
  CHECK(account.debits_must_not_exceed_credits());
  CHECK_FALSE(books.state()
                  .get<pb::Account>(keys::account(kDeposits.code))
                  .value()
                  .debits_must_not_exceed_credits());
}

TEST_CASE("an entry that does not balance in every currency is refused") {
  Accounts books;
  const auto refused = [&](const std::vector<Posting>& lines) {
    const auto posted = post(books.state(), "test", "x", lines);
    REQUIRE(!posted.has_value());
    books.overlay().discard();
    return posted.error().reason;
  };
  CHECK(refused({debit(kDeposits, amount("3")), credit(kShop, amount("2"))}) == "unbalanced_entry");
  CHECK(refused({debit(kDeposits, amount("3"))}) == "unbalanced_entry");
  // Equal in number, not in currency.
  CHECK(refused({debit(chart::treasury("ETH"), amount("3")), credit(kShop, amount("3"))}) ==
        "unbalanced_entry");
  CHECK(refused({debit({kDeposits.code, "ETH"}, amount("1")),
                 credit({kDeposits.code, "USDC"}, amount("1"))}) == "wrong_currency");
}

TEST_CASE("a line of nothing is left out") {
  Accounts books;
  const auto id = post(books.state(), "test", "x",
                       {debit(kDeposits, amount("3")), credit(kShop, amount("3")),
                        debit(kWallet, amount("0")), credit(chart::treasury("USDC"), Amount{})});
  REQUIRE(id.has_value());
  CHECK(books.state().get<pb::Entry>(keys::entry(id->raw())).value().lines_size() == 2);
  CHECK(books.counters(kWallet) == "none");
}

TEST_CASE("a merchant can neither spend nor reserve more than is posted") {
  Accounts books;
  REQUIRE(post(books.state(), "in", "x",
               {debit(kDeposits, amount("10")), credit(kShop, amount("10"))}));
  REQUIRE(hold(books.state(), "incoming", "x",
               {debit(kDeposits, amount("50")), credit(kShop, amount("50"))}));
  const auto reserve = [&](std::string_view text) {
    return hold(books.state(), "out", "x",
                {debit(kShop, amount(text)), credit(kWallet, amount(text))});
  };
  REQUIRE(reserve("6").has_value());
  books.overlay().keep();

  const auto too_much = reserve("4.000000000000000001");
  REQUIRE(!too_much.has_value());
  CHECK(too_much.error().reason == "insufficient_funds");
  CHECK(too_much.error().code == Errc::Rejected);
  books.overlay().discard();
  CHECK(post(books.state(), "out", "x", {debit(kShop, amount("5")), credit(kWallet, amount("5"))})
            .error()
            .reason == "insufficient_funds");
  books.overlay().discard();
  REQUIRE(reserve("4").has_value());
  CHECK(books.counters(kShop) == "0.00/10.00 10.00/50.00");
  const auto account = books.state().get<pb::Account>(keys::account(kShop.code)).value();
  CHECK(balance_of(account).value().available.is_zero());
  CHECK(balance_of(account).value().pending == amount("50"));
  CHECK(balance_of(account).value().reserved == amount("10"));
}

TEST_CASE("a hold is posted or voided exactly once") {
  Accounts books;
  const bool posts = GENERATE(true, false);
  const auto held =
      hold(books.state(), "in", "x", {debit(kDeposits, amount("7")), credit(kShop, amount("7"))});
  REQUIRE(held.has_value());
  CHECK(books.counters(kShop) == "0.00/0.00 0.00/7.00");
  const auto resolved = posts ? post_hold(books.state(), held->raw(), "final", "x")
                              : void_hold(books.state(), held->raw(), "gone", "x");
  REQUIRE(resolved.has_value());
  CHECK(books.counters(kShop) == (posts ? "0.00/7.00 0.00/0.00" : "0.00/0.00 0.00/0.00"));
  CHECK(books.counters(kDeposits) == (posts ? "7.00/0.00 0.00/0.00" : "0.00/0.00 0.00/0.00"));
  const auto hold = books.state().get<pb::Hold>(keys::hold(held->raw())).value();
  CHECK(hold.resolved_by() == resolved->raw());
  books.overlay().keep();

  CHECK(post_hold(books.state(), held->raw(), "final", "x").error().reason == "hold_resolved");
  books.overlay().discard();
  CHECK(void_hold(books.state(), held->raw(), "gone", "x").error().reason == "hold_resolved");
  books.overlay().discard();
  CHECK(post_hold(books.state(), std::string(16, 'z'), "final", "x").error().code ==
        Errc::NotFound);
}

TEST_CASE("a hold can be posted with further lines, which must balance too") {
  Accounts books;
  REQUIRE(
      post(books.state(), "in", "x", {debit(kDeposits, amount("9")), credit(kShop, amount("9"))}));
  const auto held =
      hold(books.state(), "out", "x", {debit(kShop, amount("9")), credit(kWallet, amount("9"))});
  REQUIRE(held.has_value());
  books.overlay().keep();
  CHECK(post_hold(books.state(), held->raw(), "paid", "x", {credit(kWallet, amount("1"))})
            .error()
            .reason == "unbalanced_entry");
  books.overlay().discard();
  REQUIRE(post_hold(books.state(), held->raw(), "paid", "x",
                    {debit(chart::treasury("USDC"), amount("1")), credit(kWallet, amount("1"))})
              .has_value());
  CHECK(books.counters(kWallet) == "0.00/10.00 0.00/0.00");
  CHECK(books.counters(kShop) == "9.00/9.00 0.00/0.00");
}

TEST_CASE("a counter cannot wrap") {
  Accounts books;
  const Amount most = Amount::from_units(~uint128{0});
  REQUIRE(post(books.state(), "in", "x", {debit(kDeposits, most), credit(kShop, most)}));
  books.overlay().keep();
  CHECK(post(books.state(), "in", "x",
             {debit(kDeposits, Amount::from_units(1)), credit(kShop, Amount::from_units(1))})
            .error()
            .reason == "amount_too_large");
}

TEST_CASE("an account is read as it was at a time") {
  Accounts books;
  for (const std::int64_t at : {2'000, 3'000, 3'000, 5'000}) {
    books.at(at);
    REQUIRE(post(books.state(), "in", "x",
                 {debit(kDeposits, amount("1")), credit(kShop, amount("1"))}));
  }
  books.commit();
  const auto posted_at = [&](std::int64_t ms) -> std::string {
    const auto account = reports::account_at(books.store(), kShop.code, from_ms(ms)).value();
    return account ? text_of(account->counters().credits_posted()) : "none";
  };
  CHECK(posted_at(1'999) == "none");
  CHECK(posted_at(2'000) == "1.00");
  CHECK(posted_at(2'999) == "1.00");
  CHECK(posted_at(3'000) == "3.00");
  CHECK(posted_at(4'999) == "3.00");
  CHECK(posted_at(9'999) == "4.00");

  reports::PageRequest three;
  three.limit = 3;
  const auto page = reports::entries(books.store(), kShop.code, true, three);
  REQUIRE(page.has_value());
  CHECK(page->has_more);
  CHECK(page->data.front().sequence() == 4);
  CHECK(page->data.back().sequence() == 2);
}
