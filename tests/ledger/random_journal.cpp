// The part of the random book that people book by hand.
#include <array>

#include "tests/ledger/random_book.hpp"

namespace settled::tests {

/// Of the journal's own, of a merchant, of the system; some that are not open or not there.
std::string RandomBook::account() {
  static constexpr std::array kOwn = {"asset:bank",          "liability:loans",      "expense:rent",
                                      "asset:clearing:card", "equity:treasury:USDC", "asset:till"};
  if (roll(4) == 0 && !merchants_.empty()) {
    const std::string& merchant = merchants_[roll(static_cast<std::uint32_t>(merchants_.size()))];
    return ledger::chart::merchant(MerchantId::from_raw(merchant).to_string(), "USDC").code;
  }
  return kOwn.at(roll(kOwn.size()));
}

/// Two or three lines that balance.
pb::PostEntry RandomBook::entry() {
  pb::PostEntry post;
  post.set_reference(seldom() ? "again" : "random/" + std::to_string(++made_));
  post.set_kind("random");
  const std::uint32_t whole = 1 + roll(20);
  const std::uint32_t part = seldom() ? 0 : roll(whole);
  const bool credit = roll(2) == 0;
  for (const std::uint32_t sum : {whole, part, whole - part}) {
    if (sum == 0) continue;
    pb::Line& line = *post.add_lines();
    line.set_account(account());
    line.set_credit(post.lines_size() == 1 ? credit : !credit);
    line.set_amount(money(std::to_string(sum)));
  }
  post.set_pending(roll(2) == 0);
  if (post.pending() && roll(2) == 0) post.set_timeout_ms(1 + roll(20'000));
  return post;
}

pb::Command RandomBook::journal() {
  switch (roll(12)) {
    case 0:
    case 1: {
      pb::OpenAccount open;
      open.set_code(account());
      open.set_currency(seldom() ? "EURC" : "USDC");
      open.set_must_return_to_zero(open.code().contains(":clearing:"));
      open.set_debits_must_not_exceed_credits(open.code() == "liability:loans");
      return command(open);
    }
    case 2: {
      pb::CloseAccount close;
      close.set_code(seldom() ? account() : "asset:till");
      return command(close);
    }
    case 3: {
      pb::ExpireHolds expire;
      expire.set_limit(roll(4));
      return command(expire);
    }
    case 4: {
      pb::ClosePeriod close;
      close.set_name("period " + std::to_string(++made_));
      close.set_until(time_ - roll(60'000));
      return command(close);
    }
    case 5:
    case 6: {
      pb::PostHold post;
      post.set_reference("post/" + std::to_string(++made_));
      post.set_hold(any(holds_));
      const std::uint32_t lines = roll(4);
      for (std::uint32_t i = 0; i < lines; ++i) post.add_amounts(money("1"));
      return command(post);
    }
    case 7: {
      pb::VoidHold end;
      end.set_reference("void/" + std::to_string(++made_));
      end.set_hold(any(holds_));
      return command(end);
    }
    default:
      return command(entry());
  }
}

}  // namespace settled::tests
