#include "daemon/receipt/receipt.hpp"

#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::daemon;
using namespace settled::tests;

namespace {

/// A receipt of an entry whose command made several.
struct Issued {
  TempDirectory outside;
  BookFixture books;
  SystemRandom random;
  ledger::EntryProof proof;
  proof::VerifierKey key;
  std::string text;

  Issued() {
    const std::string shop = books.set_up();
    books.fund(shop, "100");
    const pb::Intent one = books.intent(shop, "1");
    const pb::Intent two = books.intent(shop, "2");
    const std::uint64_t next = books.chain().head().number() + 1;
    books.mine({paid(one.deposit_address(), "1", "a"), paid(two.deposit_address(), "2", "b")},
               next);
    ledger::reports::PageRequest all;
    const auto page = ledger::reports::entries(books.store(), "", false, all).value();
    const auto checkpoints =
        ledger::Checkpoints::open(books.store(), proof::SigningKey::generate("test/book", random),
                                  outside.path(), books.clock())
            .value();
    key = checkpoints->key();
    proof = ledger::prove_entry(books.store(), {}, page.data.front().id(),
                                checkpoints->make().value(), key)
                .value();
    text = receipt::to_json(proof, key).dump(1);
  }

  static bool proven(std::string_view text) {
    const auto read = receipt::parse(text);
    return read && ledger::verify_entry(read->proof, read->key);
  }
};

}  // namespace

TEST_CASE("a receipt is read back as it was made") {
  const Issued issued;
  REQUIRE_FALSE(issued.proof.entry_path.empty());
  const auto read = receipt::parse(issued.text);
  REQUIRE(read);
  CHECK(read->key == issued.key);
  CHECK(receipt::to_json(read->proof, read->key).dump(1) == issued.text);
  CHECK(Issued::proven(issued.text));
  CHECK(Issued::proven(receipt::to_json(issued.proof, issued.key).dump() + "\n"));
}

TEST_CASE("no byte of a receipt can be changed but white space into white space") {
  const Issued issued;
  std::size_t tried = 0;
  for (std::size_t at = 0; at < issued.text.size(); ++at) {
    for (const unsigned bit : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
      std::string wrong = issued.text;
      wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ (1U << bit));
      INFO(at << " " << wrong.substr(at < 20 ? 0 : at - 20, 40));
      REQUIRE_FALSE(Issued::proven(wrong));
      ++tried;
    }
  }
  CHECK(tried == issued.text.size() * 8);
}

TEST_CASE("a receipt with anything missing, added or doubled is refused") {
  const Issued issued;
  const auto document = nlohmann::ordered_json::parse(issued.text);
  for (const auto& [name, value] : document.items()) {
    auto without = document;
    without.erase(name);
    CHECK_FALSE(receipt::parse(without.dump()));
    auto null = document;
    null[name] = nullptr;
    CHECK_FALSE(receipt::parse(null.dump()));
  }
  auto more = document;
  more["comment"] = "trust me";
  CHECK_FALSE(receipt::parse(more.dump()));
  auto both = document;
  both["entry_path"][0]["left"] = std::string(64, '0');
  both["entry_path"][0]["right"] = std::string(64, '0');
  CHECK_FALSE(receipt::parse(both.dump()));
  auto endless = document;
  for (int i = 0; i < 70; ++i) endless["leaf_path"].push_back({{"hash", std::string(64, '0')}});
  CHECK_FALSE(receipt::parse(endless.dump()));
  CHECK_FALSE(receipt::parse(""));
  CHECK_FALSE(receipt::parse(std::string(receipt::kLargestReceipt + 1, ' ')));
  for (std::size_t length = 0; length < issued.text.size(); ++length) {
    REQUIRE_FALSE(receipt::parse(std::string_view(issued.text).substr(0, length)));
  }
}
