#include "daemon/process/export_piece.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "ledger/book.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/types/id.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using json = nlohmann::json;

namespace {

struct Books {
  tests::TempDirectory directory;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<ledger::store::Store> store =
      ledger::store::open_leveldb(directory.path() / "store", {}).value();
  std::unique_ptr<ledger::Book> book = ledger::Book::open(*store, clock, random, {}).value();

  Result<json> ask(const json& changes) {
    json request = {{"command", "export"}, {"format", "csv"}, {"merchant", ""},    {"currency", ""},
                    {"from", ""},          {"until", ""},     {"livemode", false}, {"place", ""}};
    request.update(changes);
    return daemon::process::export_piece(request, book->reader());
  }
  std::string refused(const json& changes) {
    const auto answer = ask(changes);
    return answer ? "answered" : answer.error().reason;
  }
};

}  // namespace

TEST_CASE("The command line gets an export in pieces that it asks for by their places") {
  Books books;
  const json first = books.ask(json::object()).value();
  CHECK(first.at("text").get<std::string>().starts_with("sequence,entry,"));
  REQUIRE(first.at("place") != "");
  const json last = books.ask({{"place", first.at("place")}}).value();
  CHECK(last.at("text") == "");
  CHECK(last.at("place") == "");
}

TEST_CASE("An export that the command line asks for wrongly is refused") {
  Books books;
  CHECK(books.refused({{"format", "pdf"}}) == "invalid_parameter");
  CHECK(books.refused({{"format", 7}}) == "invalid_request");
  CHECK(books.refused({{"livemode", nullptr}}) == "invalid_request");
  CHECK(books.refused({{"merchant", "mer_x"}}) == "not_found");
  CHECK(books.refused({{"merchant", "mer_00000000000000000000000000"}}) == "not_found");
  CHECK(books.refused({{"from", "monday"}}) == "invalid_parameter");
  CHECK(books.refused({{"format", "statement"}}) == "missing_parameter");
  CHECK(books.refused({{"place", "somewhere"}}) == "invalid_place");
  CHECK(daemon::process::export_piece(json::object(), books.book->reader()).error().reason ==
        "invalid_request");
}
