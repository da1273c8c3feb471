#include "ledger/receipt_proof.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

pb::ObservedTransfer proven(pb::ObservedTransfer transfer, std::uint32_t place,
                            std::string_view proof) {
  transfer.set_evidence("proven");
  transfer.set_log_in_receipt(place);
  transfer.set_receipt_proof(std::string(proof));
  return transfer;
}

struct Shop {
  BookFixture books;
  std::string merchant = books.set_up();
  pb::Intent intent = books.intent(merchant, "25");

  pb::ObservedTransfer payment(std::string_view amount, std::string_view log) const {
    return paid(intent.deposit_address(), amount, log);
  }
  std::string stored(std::string_view log) {
    const auto proof = stored_receipt_proof(books.store(), {}, books.transfer(log));
    REQUIRE(proof.has_value());
    return proof->value_or("none");
  }
};

}  // namespace

TEST_CASE("the proof of a transfer is read from the command that brought it") {
  Shop shop;
  shop.books.mine({proven(shop.payment("1", "tx1/1"), 0, "receipt one"),
                   proven(shop.payment("2", "tx1/3"), 2, ""),
                   proven(shop.payment("3", "tx2/7"), 1, "receipt two")});
  shop.books.mine({shop.payment("4", "tx3/1")});
  CHECK(shop.stored("tx1/1") == "receipt one");
  CHECK(shop.stored("tx1/3") == "receipt one");
  CHECK(shop.stored("tx2/7") == "receipt two");
  CHECK(shop.stored("tx3/1") == "none");
  CHECK(shop.books.transfer("tx1/3").log_in_receipt() == 2);
  CHECK(shop.books.transfer("tx3/1").proven_by() == 0);
}

TEST_CASE("a proof that came with a transfer that moves nothing serves those after it") {
  Shop shop;
  shop.books.mine({proven(shop.payment("0", "tx1/1"), 0, "receipt one"),
                   proven(shop.payment("2", "tx1/2"), 1, "")});
  CHECK(shop.stored("tx1/2") == "receipt one");
}

TEST_CASE("a transaction whose receipt is too large has no proof, and its neighbours keep theirs") {
  Shop shop;
  pb::ObservedTransfer large = shop.payment("2", "tx2/2");
  large.set_evidence("proven");
  shop.books.mine({proven(shop.payment("1", "tx1/1"), 0, "receipt one"), large,
                   proven(shop.payment("3", "tx3/3"), 0, "receipt three")});
  CHECK(shop.stored("tx1/1") == "receipt one");
  CHECK(shop.stored("tx2/2") == "none");
  CHECK(shop.stored("tx3/3") == "receipt three");
}

TEST_CASE("a transfer that comes back in another block has that block's proof") {
  Shop shop;
  const std::uint64_t at = shop.books.chain().head().number() + 1;
  shop.books.mine({proven(shop.payment("1", "tx1"), 0, "first block")});
  shop.books.rewind(at - 1);
  shop.books.see(
      {block(at, shop.books.now_ms(), {proven(shop.payment("1", "tx1"), 4, "second")}, "b", "a")});
  CHECK(shop.stored("tx1") == "second");
  CHECK(shop.books.transfer("tx1").log_in_receipt() == 4);

  SECTION("and none where that block brought none") {
    shop.books.rewind(at - 1);
    shop.books.see({block(at, shop.books.now_ms(), {shop.payment("1", "tx1")}, "c", "a")});
    CHECK(shop.stored("tx1") == "none");
  }
}

TEST_CASE("a transfer that names a command without its proof is refused") {
  Shop shop;
  shop.books.mine({proven(shop.payment("1", "tx1"), 0, "receipt one")});
  shop.books.mine({shop.payment("2", "tx2")});
  pb::Transfer transfer = shop.books.transfer("tx1");
  const auto refusal = [&] {
    const auto proof = stored_receipt_proof(shop.books.store(), {}, transfer);
    return proof ? "" : proof.error().reason;
  };
  REQUIRE(refusal().empty());
  SECTION("another command") {
    transfer.set_proven_by(transfer.proven_by() + 1);
  }
  SECTION("no command") {
    transfer.set_proven_by(1'000);
  }
  SECTION("the first one") {
    transfer.set_proven_by(1);
  }
  SECTION("another log") {
    transfer.set_log_index(9);
  }
  SECTION("another block") {
    transfer.set_block_hash(hash_of("another"));
  }
  CHECK(refusal() == "corrupt_log");
}
