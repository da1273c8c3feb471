#include "daemon/deposits/swept_blocks.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "tests/chains/fake_nodes.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/map_store.hpp"

using namespace settled;
using namespace settled::daemon::deposits;
using namespace settled::tests;
using chains::LaterSweep;
using chains::evm::Address;

namespace {

constexpr std::uint64_t kMost = LaterSweep::kMostBlocks;

Address raw(const std::string& bytes) {
  return fixed_from<Address>(bytes);
}

/// A book with blocks 100 to 103, ten deposit addresses and the signer "hot".
struct Rig {
  Rig() {
    fixture.set_up();
    fixture.mine();
    fixture.mine();
    fixture.mine();
    settings.tokens.front().address = raw(usdc_address());
  }

  /// A process begins whose books have the blocks up to `head`.
  std::uint64_t begin(std::uint64_t head) {
    blocks.emplace(fixture.store(), settings, signers,
                   [this](std::string_view text) { log.emplace_back(text); });
    return blocks->begin(head).value();
  }
  bool have(std::uint64_t number, const chains::SeenTransfer& transfer) {
    return blocks->have(number, transfer).value();
  }
  std::string row() { return fixture.store().get(SweptBlocks::row_of("base")).value().value(); }
  void put_row(const std::string& value) { put(SweptBlocks::row_of("base"), value); }
  void put(const std::string& key, const std::string& value) {
    ledger::store::Batch batch;
    batch.put(key, value);
    REQUIRE(fixture.store().write(batch, ledger::store::Durability::Written));
  }
  /// From a stranger, as `paid` names it.
  chains::SeenTransfer seen(const std::string& name, const std::string& to,
                            const std::string& from = address_of("payer")) {
    return {.token = &settings.tokens.front(),
            .tx_hash = fixed_from<chains::evm::TxHash>(hash_of(name)),
            .log_index = 0,
            .from = raw(from),
            .to = raw(to),
            .base_units = 5};
  }

  BookFixture fixture;
  chains::ChainSettings settings = fake_settings();
  std::vector<Address> signers{raw(address_of("hot"))};
  std::vector<std::string> log;
  std::optional<SweptBlocks> blocks;  // of the last process that began
};

/// Takes nothing.
class RefusingStore final : public MapStore {
 public:
  Status write(const ledger::store::Batch&, ledger::store::Durability) override {
    return fail(Errc::Corrupt, "store_poisoned", "an earlier write failed");
  }
};

/// Of which one row cannot be read for a while.
class BlinkingStore final : public MapStore {
 public:
  using MapStore::MapStore;
  std::optional<std::string> unread;

  Result<std::optional<std::string>> get(std::string_view key) const override {
    if (key == unread) return fail(Errc::Unavailable, "store_read_failed", "too many open files");
    return MapStore::get(key);
  }
};

std::string number_row(std::uint64_t number) {
  std::string out;
  ledger::keys::append_u64(out, number);
  return out;
}

std::string followed(char kind, const Address& address, std::uint64_t since) {
  return kind + address.raw() + number_row(since);
}

}  // namespace

TEST_CASE("The sweep begins at the head where nothing is known, and where it was after that") {
  Rig rig;
  CHECK(rig.begin(102) == 102);
  CHECK(rig.begin(103) == 102);  // though nothing was swept in between
  CHECK(rig.begin(110) == 102);
  CHECK(rig.blocks->reached(107));
  rig.blocks.reset();
  rig.fixture.restart();
  CHECK(rig.begin(110) == 107);
  CHECK(rig.log.empty());
  CHECK(rig.row() == number_row(107) + followed('s', rig.signers.front(), 102) +
                         followed('t', rig.settings.tokens.front().address, 102));
}

TEST_CASE("It is the row of one chain, outside the log") {
  Rig rig;
  const auto before = dump(rig.fixture.store());
  rig.begin(103);
  CHECK(dump(rig.fixture.store()) == before);
  CHECK(SweptBlocks::row_of("base") != SweptBlocks::row_of("base2"));
  CHECK(SweptBlocks::row_of("base").starts_with(std::string("Odeposits\0swept\0base", 20)));
}

TEST_CASE("No more than so many blocks below the head are swept, and the others are told of") {
  Rig rig;
  rig.begin(103);
  CHECK(rig.begin(103 + kMost) == 103);
  CHECK(rig.log.empty());
  CHECK(rig.begin(105 + kMost) == 105);
  CHECK(rig.log == std::vector<std::string>{
                       "the later sweep of chain base is too far behind: blocks 104 to 105 are not "
                       "read a second time"});
  CHECK(rig.row().starts_with(number_row(105)));
}

TEST_CASE("A row of no use is told of, and taken for none") {
  Rig rig;
  const Address token = rig.settings.tokens.front().address;
  const auto [row, why] = GENERATE_COPY(table<std::string, std::string>(
      {{"", "it has 0 bytes"},
       {"1234567", "it has 7 bytes"},
       {number_row(101) + "x", "it has 9 bytes"},
       {number_row(101) + followed('t', token, 101).substr(1), "it has 36 bytes"},
       {number_row(104), "it tells of block 104, and the books hold 100 to 103"},
       {number_row(99), "it tells of block 99, and the books hold 100 to 103"},
       {std::string(8, '\xFF'),
        "it tells of block 18446744073709551615, and the books hold 100 to 103"},
       {number_row(101) + followed('x', token, 101),
        "it tells what is not so of a token or a "
        "signer"},
       {number_row(101) + followed('t', token, 104),
        "it tells what is not so of a token or a "
        "signer"},
       {number_row(101) + followed('t', token, 101) + followed('t', token, 102),
        "it tells what is not so of a token or a signer"}}));
  rig.put_row(row);
  CHECK(rig.begin(103) == 103);
  REQUIRE(rig.log.size() == 1);
  CHECK(rig.log.front() ==
        "the row that tells how far the later sweep of chain base has come is of no use, " + why +
            ": blocks up to 103 are not read a second time");
  CHECK(rig.begin(103) == 103);
  CHECK(rig.log.size() == 1);  // it was replaced
}

TEST_CASE("A row that cannot be read now stays as it is, and is asked for again") {
  Rig rig;
  const std::string place = SweptBlocks::row_of("base");
  const std::string row = number_row(101) + followed('s', rig.signers.front(), 100) +
                          followed('t', rig.settings.tokens.front().address, 100);
  const auto books = dump(rig.fixture.store());
  MapStore::Rows rows(books.begin(), books.end());
  rows.emplace(place, row);
  BlinkingStore store(std::move(rows));
  SweptBlocks blocks(store, rig.settings, rig.signers,
                     [&](std::string_view text) { rig.log.emplace_back(text); });
  SECTION("the row itself") {
    store.unread = place;
  }
  SECTION("the chain that it is held against") {
    store.unread = ledger::keys::chain("base");
  }
  const auto hidden = blocks.begin(103);
  REQUIRE_FALSE(hidden);
  CHECK(hidden.error().reason == "store_read_failed");
  store.unread.reset();
  CHECK(store.get(place).value() == row);
  CHECK(blocks.begin(103).value() == 101);
  CHECK(store.get(place).value() == row);
  CHECK(rig.log.empty());
}

TEST_CASE("A bare number is a row, as is one at either end") {
  Rig rig;
  const std::uint64_t number = GENERATE(100U, 103U);
  rig.put_row(number_row(number));
  CHECK(rig.begin(103) == number);
  CHECK(rig.log.empty());
}

TEST_CASE("What the books hold is not missed, and what a reorganisation took back is") {
  Rig rig;
  rig.begin(101);
  rig.fixture.mine({paid(deposit_address(0), "5.00", "tx1")});
  rig.begin(104);
  CHECK(rig.have(104, rig.seen("tx1", deposit_address(0))));
  CHECK_FALSE(rig.have(104, rig.seen("tx2", deposit_address(0))));
  chains::SeenTransfer second = rig.seen("tx1", deposit_address(0));
  second.log_index = 1;
  CHECK_FALSE(rig.have(104, second));
  rig.fixture.rewind(103);
  CHECK_FALSE(rig.have(104, rig.seen("tx1", deposit_address(0))));
}

TEST_CASE("What the books would not take is not missed") {
  Rig rig;
  rig.begin(101);
  rig.begin(103);
  chains::SeenTransfer nothing = rig.seen("tx1", deposit_address(0));
  nothing.base_units = 0;
  CHECK(rig.have(103, nothing));
  CHECK(rig.have(103, rig.seen("tx1", deposit_address(0), deposit_address(0))));
  CHECK(rig.have(103, rig.seen("tx1", address_of("payee"))));
  CHECK_FALSE(rig.have(103, rig.seen("tx1", deposit_address(0))));
  CHECK_FALSE(rig.have(103, rig.seen("tx1", address_of("payee"), deposit_address(1))));
}

TEST_CASE("A token is missed in the blocks alone that were read with it in the settings") {
  Rig rig;
  rig.begin(101);
  chains::TokenSettings new_token = rig.settings.tokens.front();
  new_token.address = raw(address_of("new token"));
  rig.settings.tokens.push_back(new_token);
  rig.begin(102);
  rig.begin(103);  // a second restart, before those blocks were swept
  chains::SeenTransfer of_new = rig.seen("tx1", deposit_address(0));
  of_new.token = &rig.settings.tokens.back();
  CHECK(rig.have(102, of_new));
  CHECK_FALSE(rig.have(103, of_new));
  CHECK_FALSE(rig.have(102, rig.seen("tx1", deposit_address(0))));

  // Taken out of the settings and put back, it begins anew.
  rig.settings.tokens.pop_back();
  rig.begin(103);
  rig.settings.tokens.push_back(new_token);
  rig.begin(103);
  of_new.token = &rig.settings.tokens.back();
  CHECK(rig.have(103, of_new));
}

TEST_CASE("A signer's transfers are missed in the blocks alone that were read with it") {
  Rig rig;
  rig.begin(101);
  rig.signers.push_back(raw(address_of("second")));
  rig.begin(102);
  CHECK_FALSE(rig.have(102, rig.seen("tx1", address_of("hot"))));
  CHECK_FALSE(rig.have(102, rig.seen("tx1", address_of("payee"), address_of("hot"))));
  CHECK(rig.have(102, rig.seen("tx1", address_of("second"))));
  CHECK(rig.have(102, rig.seen("tx1", address_of("payee"), address_of("second"))));
  CHECK_FALSE(rig.have(103, rig.seen("tx1", address_of("second"))));
  // Money at a deposit address is a payment, whoever it came from.
  CHECK_FALSE(rig.have(102, rig.seen("tx1", deposit_address(0), address_of("second"))));
}

TEST_CASE("Money at an address that was derived later is missed all the same") {
  Rig rig;
  rig.begin(101);
  rig.begin(103);
  CHECK(rig.have(103, rig.seen("tx1", deposit_address(10))));
  rig.fixture.derive(5);
  CHECK_FALSE(rig.have(103, rig.seen("tx1", deposit_address(10))));
}

TEST_CASE("What an index names and the books do not hold is an error") {
  Rig rig;
  rig.begin(101);
  rig.begin(103);
  rig.put(ledger::keys::transfer_log("base", hash_of("tx1"), 0), std::string(16, 'i'));
  const auto have = rig.blocks->have(103, rig.seen("tx1", deposit_address(0)));
  REQUIRE_FALSE(have);
  CHECK(have.error().reason == "corrupt_record");
}

TEST_CASE("A write that fails is told of, and is not taken for done") {
  RefusingStore store;
  std::vector<std::string> log;
  const chains::ChainSettings settings = fake_settings();
  SweptBlocks blocks(store, settings, {}, [&](std::string_view text) { log.emplace_back(text); });
  CHECK(blocks.begin(103).value() == 103);
  CHECK_FALSE(blocks.reached(104));
  const std::string told =
      "how far the later sweep of chain base has come is not noted: store_poisoned: an earlier "
      "write "
      "failed";
  CHECK(log == std::vector<std::string>{told, told});
}
