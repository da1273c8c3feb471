#include <cstdio>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "ledger/types/signed_amount.hpp"
#include "tests/daemon/exports/exported.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using namespace settled::daemon::exports;
using namespace settled::tests;

namespace {

struct Ran {
  int status = 0;
  std::string output;
};

/// The real hledger, on a file.
Ran hledger(const std::string& file, const std::string& arguments) {
  const std::string command = "LC_ALL=C.UTF-8 hledger -f '" + file + "' " + arguments + " 2>&1";
  Ran out;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) {
    out.output.append(buffer, size);
  }
  out.status = ::pclose(pipe);
  return out;
}

/// "340.500000000000000000" as the books print it: no more decimals than needed, at least two.
std::string shortened(std::string number) {
  while (number.size() - number.find('.') > 3 && number.ends_with('0')) number.pop_back();
  return number;
}

/// `"a","b","c"` of hledger's CSV; our names hold no quotes.
std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < row.size();) {
    REQUIRE(row[at] == '"');
    const std::size_t end = row.find('"', at + 1);
    out.push_back(row.substr(at + 1, end - at - 1));
    at = end + 2;
  }
  return out;
}

using Balances = std::map<std::string, std::string>;

/// "account currency" -> what hledger counts.
Balances counted_by_hledger(const std::string& file) {
  const Ran ran = hledger(file, "balance --flat -N -E --layout=bare -O csv");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  Balances out;
  const auto rows = lines_of(ran.output);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto row = cells(rows[i]);
    REQUIRE(row.size() == 3);
    if (row[2] != "0") out[row[0] + " " + row[1]] = shortened(row[2]);
  }
  return out;
}

/// The same from our counters.
Balances counted_by_us(const ledger::store::Reader& reader, std::string_view prefix = {}) {
  Balances out;
  const auto accounts = ledger::reports::accounts(reader, prefix).value();
  for (const auto& account : accounts) {
    const auto at = ledger::amounts_of(account.counters()).value();
    const auto balance = SignedAmount::between(at.debits_posted, at.credits_posted);
    if (!balance.is_zero()) out[account.code() + " " + account.currency()] = balance.to_string();
  }
  return out;
}

std::string write(const TempDirectory& directory, const std::string& text) {
  const std::string file = (directory.path() / "books.hledger").string();
  std::ofstream(file) << text;
  return file;
}

void check_strictly(const std::string& file) {
  const Ran checked = hledger(file, "check --strict ordereddates");
  INFO(checked.output);
  CHECK(checked.status == 0);
}

}  // namespace

TEST_CASE("hledger reads random books, finds nothing to complain of and counts what we count") {
  for (const std::uint32_t seed : {11U, 12U, 13U}) {
    CAPTURE(seed);
    BookFixture books;
    const std::string shop = books.set_up();
    books.fund(shop, "340.000001");
    fill(books, seed);
    TempDirectory directory;
    Request request;
    request.format = Format::Hledger;
    const std::string file = write(directory, exported(books.store(), request));
    check_strictly(file);
    const Balances ours = counted_by_us(books.store());
    CHECK(ours.size() > 4);
    CHECK(counted_by_hledger(file) == ours);
  }
}

TEST_CASE("hledger reads one merchant's lines, balanced by what they leave out") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "12.5");
  books.fund(books.merchant("Other"), "7");
  TempDirectory directory;
  Request request;
  request.format = Format::Hledger;
  request.merchant = shop;
  const std::string file = write(directory, exported(books.store(), request));
  check_strictly(file);
  Balances ours = counted_by_us(
      books.store(), ledger::chart::merchant_prefix(MerchantId::from_raw(shop).to_string()));
  ours["equity:elsewhere USDC"] = "12.50";
  CHECK(counted_by_hledger(file) == ours);
}

TEST_CASE("hledger keeps the largest amount and the smallest") {
  BookFixture books;
  books.set_up();
  pb::OpenSigner signer;
  signer.set_chain(std::string(kChain));
  signer.set_signer("vault");
  signer.set_address(address_of("vault"));
  for (const auto& [token, amount] : {std::pair{"big 1;\"", "1000000000000.123456789012345678"},
                                      std::pair{"tiny", "0.000000000000000001"}}) {
    pb::OpeningBalance& balance = *signer.add_balances();
    balance.set_token(token);
    balance.set_currency(token);
    balance.set_amount(money(amount));
  }
  books.ok(signer);
  TempDirectory directory;
  Request request;
  request.format = Format::Hledger;
  const std::string file = write(directory, exported(books.store(), request));
  check_strictly(file);
  const Balances counted = counted_by_hledger(file);
  CHECK(counted.at("asset:wallets:vault:base:tiny tiny") == "0.000000000000000001");
  CHECK(counted.at("asset:wallets:vault:base:big%201%3b%22 big%201%3b%22") ==
        "1000000000000.123456789012345678");
}

TEST_CASE("hledger notices a line that was changed, so what it says of ours is worth something") {
  BookFixture books;
  books.fund(books.set_up(), "25");
  TempDirectory directory;
  Request request;
  request.format = Format::Hledger;
  std::string text = exported(books.store(), request);
  const std::size_t at = text.rfind("  -25.00 ");
  REQUIRE(at != std::string::npos);
  text.replace(at, 8, "  -25.01");
  CHECK(hledger(write(directory, text), "check --strict").status != 0);
}
