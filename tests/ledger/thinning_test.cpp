#include "ledger/thinning.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "ledger/checkpoints.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/tree.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

using Dated = std::vector<DatedCheckpoint>;

/// Midnight.
const Time kStart = from_ms(1'800'000'000'000 - 1'800'000'000'000 % 86'400'000);

/// One each `every`, numbered from 1.
Dated made(std::chrono::minutes every, std::size_t count) {
  Dated out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({i + 1, kStart + i * every});
  return out;
}

Dated thinned(Dated all, Time now) {
  const auto gone = superfluous(all, now);
  const std::set<std::uint64_t> lookup(gone.begin(), gone.end());
  CHECK(lookup.size() == gone.size());
  std::erase_if(all, [&](const DatedCheckpoint& each) { return lookup.contains(each.sequence); });
  return all;
}

std::vector<std::uint64_t> sequences(const Dated& all) {
  std::vector<std::uint64_t> out;
  for (const DatedCheckpoint& each : all) out.push_back(each.sequence);
  return out;
}

}  // namespace

TEST_CASE("of the last day every checkpoint is kept") {
  const Dated all = made(10min, 145);
  CHECK(superfluous({}, kStart).empty());
  CHECK(superfluous(all, all.back().time).empty());
  // A millisecond later the first is older, but it is the first; the second is not old yet.
  CHECK(superfluous(all, all.back().time + 1ms).empty());
  CHECK(superfluous(all, all.back().time + 10min).empty());
  CHECK(superfluous(all, all.back().time + 10min + 1ms) == std::vector<std::uint64_t>{2});
}

TEST_CASE(
    "of the month before the last of each hour is kept, of what is older the last of each day") {
  const Dated all = made(20min, 3 * 24 * 40);  // 40 days
  const Time now = all.back().time;
  const Dated kept = thinned(all, now);
  std::size_t full = 0;
  std::size_t hourly = 0;
  std::size_t daily = 0;
  for (const DatedCheckpoint& each : kept) {
    const auto in_day = each.time - std::chrono::floor<days>(each.time);
    if (now - each.time <= 24h) {
      ++full;
    } else if (now - each.time <= days{31}) {
      ++hourly;
      CHECK(in_day % 1h == 40min);
    } else if (each.sequence != 1) {
      ++daily;
      CHECK(in_day == 23h + 40min);
    }
  }
  CHECK(full == 73);
  CHECK(hourly == 30 * 24);
  CHECK(daily == 8);
  CHECK(kept.front().sequence == 1);
  CHECK(kept.back().sequence == all.back().sequence);
}

TEST_CASE("the first and the last are kept however old they are") {
  const Dated all = made(1min, 5);
  CHECK(superfluous(all, kStart + days{400}) == std::vector<std::uint64_t>{2, 3, 4});
  CHECK(superfluous(made(1min, 2), kStart + days{400}).empty());
  CHECK(superfluous(made(1min, 1), kStart + days{400}).empty());
}

TEST_CASE("thinning a little all the time comes to what thinning once does") {
  const Dated all = made(17min, 85 * 40);
  Dated kept;
  for (const DatedCheckpoint& each : all) {
    const bool look = !kept.empty() && is_another_hour(kept.back().time, each.time);
    if (look) kept = thinned(std::move(kept), each.time);
    kept.push_back(each);
  }
  const Time end = all.back().time;
  CHECK(sequences(thinned(kept, end)) == sequences(thinned(all, end)));
  CHECK(kept.size() < 86 + 720 + 40);
}

TEST_CASE("books keep their proofs and open again when old checkpoints are gone from the store") {
  TempDirectory outside;
  BookFixture books;
  SystemRandom random;
  const std::string secret = proof::SigningKey::generate("test/book", random).secret_text();
  const auto open = [&] {
    return Checkpoints::open(books.store(), proof::SigningKey::parse(secret).value(),
                             outside.path(), books.clock());
  };
  auto checkpoints = open().value();
  std::vector<SignedCheckpoint> all;
  for (int i = 0; i < 40; ++i) {
    books.merchant("Shop " + std::to_string(i));
    all.push_back(checkpoints->make().value());
    books.clock().advance(20 * 60 * 1'000);
  }
  CHECK(stored_checkpoints(books.store(), 0, 1'000)->size() == all.size());
  books.clock().advance(std::chrono::milliseconds(25h).count());
  books.merchant("Later");
  all.push_back(checkpoints->make().value());
  const auto stored = stored_checkpoints(books.store(), 0, 1'000).value();
  CHECK(stored.size() < all.size() / 2);
  CHECK(stored.front() == all.back().note);
  CHECK(stored.back() == all.front().note);

  // Whoever kept one that is gone here still holds the books to it.
  const LogTree tree(books.store(), checkpoints->layout());
  std::size_t gone = 0;
  for (const SignedCheckpoint& each : all) {
    gone += std::ranges::find(stored, each.note) == stored.end() ? 1U : 0U;
    const auto& [old, now] = std::pair(each.checkpoint, all.back().checkpoint);
    const auto path = tree.consistency(old.sequence, now.sequence).value();
    CHECK(proof::verify_consistency(old.sequence, now.sequence, old.root, now.root, path));
  }
  CHECK(gone == all.size() - stored.size());
  checkpoints.reset();
  const auto again = open();
  REQUIRE(again);
  CHECK((*again)->newest()->note == all.back().note);
}
