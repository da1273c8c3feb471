#include "ledger/statement.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using reports::StatementPart;

namespace {

/// A shop that is paid 100, pays out 60 and takes back a payout of 20, a second between each.
struct Month {
  BookFixture books;
  std::string shop = books.set_up();
  std::string code = chart::merchant(MerchantId::from_raw(shop).to_string(), "USDC").code;
  std::vector<std::int64_t> times;

  Month() {
    tick();
    books.fund(shop, "100");
    tick();
    send(books.ok(request_payout(shop, "60")).payout().id(), "60");
    tick();
    pb::CancelPayout cancel;
    cancel.set_id(books.ok(request_payout(shop, "20")).payout().id());
    tick();
    books.ok(cancel);
    tick();
  }
  /// The whole way of a payout, until it has succeeded.
  void send(const std::string& id, std::string_view amount) {
    pb::RecordAttempt attempt;
    attempt.set_payout(id);
    attempt.set_nonce(static_cast<std::uint64_t>(sent));
    const std::string name = "payout" + std::to_string(++sent);
    attempt.set_tx_hash(hash_of(name));
    attempt.set_raw("signed bytes");
    books.ok(attempt);
    tick();
    const std::uint64_t number = books.chain().head().number() + 1;
    books.mine({paid(address_of("payee"), amount, name, address_of("hot"))}, number);
    pb::SettlePayout settle;
    settle.set_id(id);
    settle.set_tx_hash(hash_of(name));
    settle.set_block_number(number);
    settle.set_network_fee(money("0.002"));
    books.ok(settle);
  }
  int sent = 0;
  void tick() {
    books.clock().advance(1'000);
    times.push_back(books.now_ms());
  }
  reports::StatementRequest request(std::int64_t from = 0, std::int64_t until = INT64_MAX / 2) {
    return {.account = code, .from = from_ms(from), .until = from_ms(until), .after = {}};
  }
  reports::Statement read(const reports::StatementRequest& request) {
    const auto out = reports::statement(books.store(), request);
    if (!out) FAIL(out.error().detail);
    return *out;
  }
  template <typename Record>
  void overwrite(const std::string& key, const Record& record) {
    store::Batch batch;
    batch.put(key, record.SerializeAsString());
    REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  }
};

std::string total(const reports::Statement& statement, StatementPart part) {
  return statement.totals.at(static_cast<std::size_t>(part)).to_string();
}

}  // namespace

TEST_CASE("A statement lists what was posted in order, with balances that add up") {
  Month month;
  const reports::Statement all = month.read(month.request());
  REQUIRE(all.lines.size() == 2);
  CHECK(all.lines[0].kind == "transfer.finalized");
  CHECK(all.lines[0].amount.to_string() == "100.00");
  CHECK(all.lines[0].balance.to_string() == "100.00");
  CHECK(all.lines[1].kind == "payout.succeeded");
  CHECK(all.lines[1].amount.to_string() == "-60.00");
  CHECK(all.lines[1].balance.to_string() == "40.00");
  CHECK(all.lines[1].available.to_string() == "40.00");
  CHECK(all.lines[0].sequence < all.lines[1].sequence);
  CHECK(all.opening.posted.to_string() == "0.00");
  CHECK(all.closing.posted.to_string() == "40.00");
  CHECK(all.closing.available.to_string() == "40.00");
  CHECK(total(all, StatementPart::Payments) == "100.00");
  CHECK(total(all, StatementPart::Payouts) == "-60.00");
  CHECK(total(all, StatementPart::Fees) == "0.00");
  CHECK_FALSE(all.next.has_value());
}

TEST_CASE("A statement's totals tell fees and refunds from payments and payouts") {
  Month month;
  BookFixture& books = month.books;
  pb::CreateIntent create = create_intent(month.shop, "10");
  create.set_fee_bps(100);
  create.set_fee_fixed(money("0.30"));
  const pb::Intent intent = books.ok(create).intent();
  const std::uint64_t number = books.chain().head().number() + 1;
  books.mine({paid(intent.deposit_address(), "10", "with a fee")}, number);
  month.send(books.ok(request_refund(intent, "4")).refund().payout(), "4");
  const reports::Statement all = month.read(month.request());
  CHECK(total(all, StatementPart::Payments) == "110.00");
  CHECK(total(all, StatementPart::Fees) == "-0.40");
  CHECK(total(all, StatementPart::Refunds) == "-4.00");
  CHECK(total(all, StatementPart::Payouts) == "-60.00");
  CHECK(total(all, StatementPart::Adjustments) == "0.00");
  CHECK(all.closing.posted.to_string() == "45.60");
}

TEST_CASE("What is reserved is no line of a statement and is not available") {
  Month month;
  const reports::Statement reserved = month.read(month.request(month.times[3], month.times[4]));
  CHECK(reserved.lines.empty());
  CHECK(reserved.opening.posted.to_string() == "40.00");
  CHECK(reserved.closing.posted.to_string() == "40.00");
  CHECK(reserved.closing.available.to_string() == "20.00");
}

TEST_CASE("A statement includes its first millisecond and not its last") {
  Month month;
  const std::int64_t paid_at = month.times[0];
  CHECK(month.read(month.request(paid_at, paid_at + 1)).lines.size() == 1);
  CHECK(month.read(month.request(paid_at + 1)).lines.size() == 1);
  CHECK(month.read(month.request(paid_at + 1)).opening.posted.to_string() == "100.00");
  CHECK(month.read(month.request(0, paid_at)).lines.empty());
  CHECK(month.read(month.request(0, paid_at)).closing.posted.to_string() == "0.00");
  CHECK(month.read(month.request(paid_at, paid_at)).lines.empty());
  CHECK(month.read(month.request(0, paid_at + 1)).closing ==
        month.read(month.request(paid_at + 1)).opening);
}

TEST_CASE("Pages of a statement are statements that follow on one another") {
  Month month;
  const reports::Statement whole = month.read(month.request());
  for (const std::size_t limit : {1U, 2U, 3U}) {
    auto request = month.request();
    request.limit = limit;
    std::vector<std::string> lines;
    SignedAmount carried;
    int pages = 0;
    for (bool more = true; more; ++pages) {
      REQUIRE(pages < 20);
      const reports::Statement page = month.read(request);
      CHECK(page.opening.posted == carried);
      carried = page.closing.posted;
      for (const auto& line : page.lines) lines.push_back(line.entry.to_string());
      more = page.next.has_value();
      if (more) request.after = page.next->raw();
    }
    CHECK(carried == whole.closing.posted);
    REQUIRE(lines.size() == whole.lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CHECK(lines[i] == whole.lines[i].entry.to_string());
    }
  }
}

TEST_CASE("A cursor that is no entry of the statement is refused") {
  Month month;
  auto request = month.request();
  request.after = std::string(16, 'x');
  CHECK(reports::statement(month.books.store(), request).error().reason == "invalid_cursor");
  // The opening balances touched other accounts alone.
  reports::PageRequest oldest;
  oldest.ending_before = std::string(16, '\0');
  const auto page = reports::entries(month.books.store(), {}, false, oldest).value();
  request.after = page.data.back().id();
  CHECK(reports::statement(month.books.store(), request).error().reason == "invalid_cursor");
  request = month.request(month.times[1]);
  request.after = month.read(month.request()).lines[0].entry.raw();
  CHECK(reports::statement(month.books.store(), request).error().reason == "invalid_cursor");
}

TEST_CASE("An account without entries has an empty statement") {
  Month month;
  auto request = month.request();
  request.account = chart::merchant("mer_none", "USDC").code;
  const reports::Statement none = month.read(request);
  CHECK(none.lines.empty());
  CHECK(none.closing == reports::StatementBalance{});
}

TEST_CASE("An asset's statement counts debits upwards") {
  Month month;
  auto request = month.request();
  request.account = "asset:wallets:hot:base:USDC";
  const reports::Statement wallet = month.read(request);
  REQUIRE(wallet.lines.size() == 2);
  CHECK(wallet.lines[0].amount.to_string() == "1000.00");
  CHECK(wallet.lines[1].amount.to_string() == "-60.00");
  CHECK(wallet.closing.posted.to_string() == "940.00");
}

TEST_CASE("A statement whose entries and history disagree is not answered") {
  Month month;
  const auto reason = [&] {
    return reports::statement(month.books.store(), month.request()).error().reason;
  };
  const auto line = month.read(month.request()).lines[1];
  const std::string key = keys::entry(line.entry.raw());
  auto entry = read_record<pb::Entry>(month.books.store(), key).value().value();
  entry.mutable_lines(0)->set_amount(money("61"));
  entry.mutable_lines(1)->set_amount(money("61"));
  month.overwrite(key, entry);
  CHECK(reason() == "statement_does_not_add_up");
  entry.mutable_lines(0)->set_amount(money("60"));
  entry.mutable_lines(1)->set_amount(money("60"));
  month.overwrite(key, entry);
  REQUIRE(reports::statement(month.books.store(), month.request()).has_value());

  const std::string row = keys::account_history(month.code, line.time, line.sequence);
  auto history = read_record<pb::HistoryRow>(month.books.store(), row).value().value();
  history.mutable_counters()->set_debits_posted(money("59"));
  month.overwrite(row, history);
  CHECK(reason() == "statement_does_not_add_up");
}
