#include "ledger/witness.hpp"

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "ledger/types/crypto.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace fs = std::filesystem;

TEST_CASE("every bit of a tail slot counts") {
  const TailMark mark{77, sha256(as_bytes("log"))};
  const std::string slot = encode_tail(mark);
  CHECK(slot.size() == 64);
  CHECK(decode_tail(slot) == mark);
  for (std::size_t at = 0; at < slot.size() * 8; ++at) {
    std::string wrong = slot;
    wrong[at / 8] = static_cast<char>(static_cast<unsigned char>(wrong[at / 8]) ^ (1U << (at % 8)));
    CHECK_FALSE(decode_tail(wrong));
  }
  CHECK_FALSE(decode_tail(slot.substr(1)));
  CHECK_FALSE(decode_tail(""));
}

TEST_CASE("a full file of checkpoints is put aside and goes on from its last one") {
  const TempDirectory outside;
  const std::string note(100'000, 'x');
  auto witness = Witness::open(outside.path()).value();
  REQUIRE(witness.begin({}));
  const auto numbered = [&](std::uint64_t number) {
    return std::to_string(number) + note + "\n\n\u2014 name signature\n";
  };
  for (std::uint64_t i = 1; i <= 30; ++i) REQUIRE(witness.append(numbered(i), i));
  CHECK(fs::exists(outside.path() / "checkpoints.12"));
  const auto again = Witness::open(outside.path());
  REQUIRE(again);
  CHECK(again->notes().back() == numbered(30));
  CHECK(fs::file_size(outside.path() / "checkpoints") < 1'300'000);
}

TEST_CASE("what the tail cannot be told poisons the book") {
  bool failing = false;
  std::atomic<int> poisoned = 0;
  Book::Options options;
  options.on_written = [&](const pb::Head&) -> Status {
    if (!failing) return {};
    return fail(Errc::Unavailable, "witness_write_failed", "no room");
  };
  options.on_poisoned = [&] { ++poisoned; };
  BookFixture books({}, options);
  books.merchant("Shop");
  failing = true;
  pb::CreateMerchant create;
  create.set_name("Other");
  pb::Command command;
  *command.mutable_create_merchant() = create;
  CHECK(books.book().apply(command).error().reason == "witness_write_failed");
  CHECK(books.book().poisoned());
  failing = false;
  CHECK(books.book().apply(command).error().reason == "store_poisoned");
  while (poisoned == 0) std::this_thread::yield();  // told after whoever waited was answered
  books.restart();
  CHECK(poisoned == 1);
}
