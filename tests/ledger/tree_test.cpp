#include "ledger/tree.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// A log of made-up records, and the leaves that its tree must have.
struct MadeUpLog {
  BookFixture books;
  std::vector<Hash256> leaves;

  void extend_to(std::uint64_t size) {
    store::Batch batch;
    for (std::uint64_t sequence = leaves.size() + 1; sequence <= size; ++sequence) {
      LogRecord record;
      record.envelope = "envelope " + std::to_string(sequence);
      batch.put(keys::log(sequence), record.stored());
      leaves.push_back(proof::leaf_hash(record.leaf(sequence).bytes()));
    }
    REQUIRE(books.store().write(batch, store::Durability::Written));
  }
  LogTree tree() { return {books.store(), {}}; }
  void grow(std::uint64_t until) {
    for (bool more = true; more;) {
      store::Batch batch;
      const auto grown = tree().grow(until, batch);
      REQUIRE(grown);
      more = *grown;
      REQUIRE(books.store().write(batch, store::Durability::Written));
    }
  }
  std::span<const Hash256> first(std::uint64_t size) { return std::span(leaves).first(size); }
  void check(std::uint64_t size) {
    INFO(size);
    REQUIRE(tree().root(size) == proof::tree_root(first(size)));
    for (const std::uint64_t at : {std::uint64_t{1}, size / 3 + 1, size / 2 + 1, size}) {
      REQUIRE(tree().inclusion(at, size) == proof::inclusion_proof(first(size), at - 1));
      REQUIRE(tree().consistency(at, size) == proof::consistency_proof(first(size), at));
    }
  }
};

}  // namespace

TEST_CASE("the tree is the same with tiles, without, and with some") {
  MadeUpLog log;
  log.extend_to(1'700);
  const auto check_all = [&] {
    for (const std::uint64_t size : {1U, 2U, 3U, 255U, 256U, 257U, 511U, 512U, 513U, 1'000U, 1'023U,
                                     1'024U, 1'025U, 1'536U, 1'699U, 1'700U}) {
      log.check(size);
    }
  };
  check_all();
  log.grow(600);
  CHECK(log.books.store().get(keys::tree(0, 1)).value().has_value());
  CHECK_FALSE(log.books.store().get(keys::tree(0, 2)).value().has_value());
  check_all();
  log.grow(1'700);
  check_all();
  store::Batch batch;
  batch.erase(keys::tree(0, 1));
  batch.erase(keys::tree(1, 0));
  REQUIRE(log.books.store().write(batch, store::Durability::Written));
  check_all();
  log.extend_to(2'100);
  log.grow(2'100);
  check_all();
  log.check(2'100);
}

TEST_CASE("a row of the second level fills and the third begins") {
  MadeUpLog log;
  constexpr std::uint64_t kRow = 256 * 256;
  log.extend_to(kRow + 600);
  log.grow(kRow - 1);
  log.check(kRow - 1);
  log.grow(kRow + 600);
  CHECK(log.books.store().get(keys::tree(1, 0)).value()->size() == 256 * 32);
  CHECK(log.books.store().get(keys::tree(1, 1)).value()->size() == 2 * 32);
  CHECK(log.books.store().get(keys::tree(2, 0)).value()->size() == 32);
  log.check(kRow);
  log.check(kRow + 1);
  log.check(kRow + 600);
}

TEST_CASE("a record that is missing is named") {
  MadeUpLog log;
  log.extend_to(300);
  store::Batch batch;
  batch.erase(keys::log(280));
  REQUIRE(log.books.store().write(batch, store::Durability::Written));
  log.grow(300);
  const auto root = log.tree().root(300);
  REQUIRE_FALSE(root);
  CHECK(root.error().reason == "log_record_missing");
  CHECK(root.error().detail.find("280") != std::string::npos);
  CHECK(log.tree().root(279).has_value());
  CHECK(log.tree().root(0) == proof::tree_root({}));
}

TEST_CASE("a tile says what the leaf of a record was") {
  MadeUpLog log;
  log.extend_to(300);
  log.grow(300);
  CHECK(log.tree().tiled_leaf(256).value().value() == log.leaves[255]);
  CHECK_FALSE(log.tree().tiled_leaf(257).value().has_value());
}
