#include "ledger/replay.hpp"

#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "ledger/describe.hpp"
#include "ledger/keys.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/verify.hpp"
#include "tests/ledger/random_book.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// A store for a replay of which nothing need remain.
class Memory final : public store::Store {
 public:
  Result<std::optional<std::string>> get(std::string_view key) const override {
    const auto found = rows_.find(key);
    return found == rows_.end() ? std::nullopt : std::optional(found->second);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    for (auto at = rows_.lower_bound(from); at != rows_.end() && at->first < to; ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return {};
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    for (auto at = rows_.lower_bound(to); at != rows_.begin() && (--at)->first >= from;) {
      if (!visit(at->first, at->second)) break;
    }
    return {};
  }
  Status write(const store::Batch& batch, store::Durability) override {
    for (const auto& [key, value] : batch.operations()) {
      if (value) {
        rows_.insert_or_assign(std::string(key), *value);
      } else {
        rows_.erase(std::string(key));
      }
    }
    return {};
  }
  std::unique_ptr<store::Reader> snapshot() const override {
    return std::make_unique<Memory>(*this);
  }
  bool poisoned() const override { return false; }

 private:
  std::map<std::string, std::string, std::less<>> rows_;
};

/// Books that got everywhere, verified with a replay.
struct Replayed {
  BookFixture books;

  Replayed() {
    const std::string shop = books.set_up();
    books.fund(shop, "100");
    pb::RecordAttempt attempt;
    attempt.set_payout(books.ok(request_payout(shop, "10")).payout().id());
    attempt.set_tx_hash(hash_of("payout"));
    attempt.set_raw("signed bytes");
    books.ok(attempt);
    pb::CreateEndpoint endpoint;
    endpoint.set_merchant(shop);
    endpoint.set_url("https://example.com/");
    endpoint.add_events("*");
    endpoint.set_secret("whsec_x");
    books.ok(endpoint);
    std::mt19937 engine(7);
    std::vector<std::uint32_t> dice(1'500);
    for (std::uint32_t& roll : dice) roll = static_cast<std::uint32_t>(engine() % (1U << 30U));
    RandomBook random(std::move(dice));
    while (auto next = random.next()) {
      books.clock().advance(next->advance_ms);
      random.learn(next->command, books.book().apply(next->command, next->key));
    }
    REQUIRE(books.book().head().sequence() > 60);
  }

  Result<Verified> verified(std::vector<proof::Checkpoint> checkpoints = {}) {
    Memory empty;
    VerifyOptions options;
    options.empty = &empty;
    options.checkpoints = std::move(checkpoints);
    return verify(books.store(), std::move(options));
  }
  Error refused(std::vector<proof::Checkpoint> checkpoints = {}) {
    const auto result = verified(std::move(checkpoints));
    REQUIRE(!result.has_value());
    CHECK(result.error().code == Errc::Corrupt);
    return result.error();
  }
  void write(const store::Batch& batch) {
    REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  }
  void put(const std::string& key, const std::string& value) {
    store::Batch batch;
    batch.put(key, value);
    write(batch);
  }
  void erase(const std::string& key) {
    store::Batch batch;
    batch.erase(key);
    write(batch);
  }

  pb::Envelope envelope(std::uint64_t sequence) {
    pb::Envelope out;
    const std::string stored = books.store().get(keys::log(sequence)).value().value();
    REQUIRE(out.ParseFromString(LogRecord::parse(stored).value().envelope));
    return out;
  }
  std::uint64_t first(pb::Command::KindCase kind) {
    std::uint64_t sequence = 1;
    while (envelope(sequence).command().kind_case() != kind) ++sequence;
    return sequence;
  }
  /// What somebody does who may write to the store: puts another envelope (at the end: one more)
  /// and makes every hash after it fit again.
  void forge(std::uint64_t at, const pb::Envelope& forged) {
    pb::Head head = books.book().head();
    const std::uint64_t last = std::max(head.sequence(), at);
    std::string previous = Hash256{}.raw();
    store::Batch batch;
    for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
      LogRecord record;
      if (sequence <= head.sequence()) {
        record = LogRecord::parse(books.store().get(keys::log(sequence)).value().value()).value();
      }
      if (sequence == at) record.envelope = forged.SerializeAsString();
      record.hash = chain_hash(previous, sequence, record);
      previous = record.hash.raw();
      head.set_state_hash(record.state.raw());
      batch.put(keys::log(sequence), record.stored());
    }
    head.set_hash(previous);
    head.set_sequence(last);
    batch.put(keys::head(), head.SerializeAsString());
    write(batch);
  }
};

/// One row of each table.
std::map<char, std::pair<std::string, std::string>> samples(const store::Reader& reader) {
  std::map<char, std::pair<std::string, std::string>> out;
  for (const auto& row : dump(reader)) out.emplace(row.first.front(), row);
  return out;
}

}  // namespace

TEST_CASE("books that are whole replay to the same rows, and say so") {
  Replayed at;
  const Verified verified = at.verified().value();
  const pb::Head head = at.books.book().head();
  CHECK(verified.replayed);
  CHECK(verified.commands == head.sequence());
  CHECK(verified.log_hash.raw() == head.hash());
  CHECK(verified.state_hash.raw() == head.state_hash());
  CHECK(verified.time == head.time());
  CHECK_FALSE(verify(at.books.store()).value().replayed);
}

TEST_CASE("an empty book replays") {
  BookFixture books;
  TempDirectory directory;
  const auto scratch = store::ScratchStore::create(directory.path() / "scratch").value();
  VerifyOptions options;
  options.empty = &scratch->store();
  CHECK(verify(books.store(), std::move(options)).value().commands == 0);
}

TEST_CASE("the first command that was edited is named, however well the chain was mended") {
  Replayed at;
  const std::uint64_t sequence = at.first(pb::Command::kRequestPayout);
  pb::Envelope envelope = at.envelope(sequence);
  const std::string name = describe_envelope(envelope);
  CHECK(name.find("request_payout, 20") != std::string::npos);

  SECTION("another amount") {
    envelope.mutable_command()->mutable_request_payout()->set_amount(money("1"));
    at.forge(sequence, envelope);
    CHECK(verify(at.books.store()).has_value());  // consistent in itself: only the replay tells
    CHECK(at.refused().detail == name + ": it makes other entries now");
  }
  SECTION("another payee: the same entries, another state") {
    envelope.mutable_command()->mutable_request_payout()->set_destination(address_of("thief"));
    at.forge(sequence, envelope);
    CHECK(at.refused().detail == name + ": it changes the state otherwise now: another state hash");
  }
  SECTION("more than there is") {
    envelope.mutable_command()->mutable_request_payout()->set_amount(money("100000000"));
    at.forge(sequence, envelope);
    CHECK(at.refused().detail.starts_with(name + ": it is refused now: insufficient_funds: "));
  }
  SECTION("another time") {
    envelope.set_time(envelope.time() + 1);
    at.forge(sequence, envelope);
    CHECK(at.refused().reason == "replay_diverged");
    CHECK(at.refused().detail == describe_envelope(envelope) + ": it makes other entries now");
  }
  SECTION("a time that steps back") {
    envelope.set_time(1);
    at.forge(sequence, envelope);
    CHECK(at.refused().detail.ends_with(": its time steps back"));
  }
  SECTION("rules of another program") {
    envelope.set_rules(kRules + 1);
    at.forge(sequence, envelope);
    CHECK(at.refused().detail.ends_with("rules that this program does not know"));
  }
  SECTION("a command of no kind") {
    envelope.clear_command();
    at.forge(sequence, envelope);
    CHECK(at.refused().detail.find("it is refused now: empty_command") != std::string::npos);
  }
}

TEST_CASE("a command that was added at the end is named") {
  Replayed at;
  pb::Envelope envelope = at.envelope(at.first(pb::Command::kCreateMerchant));
  envelope.clear_idempotency();
  envelope.set_sequence(at.books.book().head().sequence() + 1);
  envelope.set_time(at.books.book().head().time());
  at.forge(envelope.sequence(), envelope);
  CHECK(at.refused().detail == describe_envelope(envelope) + ": it makes other entries now");
}

TEST_CASE("an idempotency key that was used before is no new command") {
  Replayed at;
  std::uint64_t sequence = 1;
  while (!at.envelope(sequence).has_idempotency()) ++sequence;
  pb::Envelope again = at.envelope(sequence);
  again.set_sequence(at.books.book().head().sequence() + 1);
  again.set_time(at.books.book().head().time());
  at.forge(again.sequence(), again);
  CHECK(at.refused().detail == describe_envelope(again) + ": its idempotency key was used before");
}

TEST_CASE("an edited, a missing and an added row of every table is named") {
  Replayed at;
  const auto rows = samples(at.books.store());
  std::set<char> tables;
  for (const auto& [table, row] : rows) {
    const auto& [key, value] = row;
    const std::string name = describe_key(key);
    INFO(name);
    tables.insert(table);
    std::string other = value + "\x7a\x01x";  // an unknown field, or a longer index
    at.put(key, other);
    const Error edited = at.refused();
    if (table != 'L' && table != 'M') {
      CHECK(edited.reason == "tables_differ");
      CHECK(edited.detail == name + " is not what the log makes of it");
    }
    at.erase(key);
    const Error missing = at.refused();
    if (std::string("ELMA").find(table) == std::string::npos) {
      CHECK(missing.detail == name + " is missing: the log makes it");
    }
    at.put(key, value);

    const std::string added = key + "+";
    at.put(added, value);
    INFO(describe_key(added));
    CHECK_FALSE(at.verified().has_value());
    at.erase(added);
  }
  CHECK(at.verified().has_value());
  // Of the tables that the commands of this test can fill, none was left out.
  for (const char table : std::string("ABCDEHIKLMPSTVWXYdehipqstuvwxyz")) {
    INFO(table);
    CHECK(tables.contains(table));
  }
}

TEST_CASE("rows outside the log alone may differ from a replay") {
  Replayed at;
  at.put("Onobody", "minds");
  at.put(keys::tree(0, 1), "a tile");
  CHECK(at.verified().has_value());
  at.put("|no table", "");
  CHECK(at.refused().detail ==
        "row of no table that is known no table is in the books and no command of the log made it");
}

TEST_CASE("a checkpoint is compared at its record") {
  Replayed at;
  std::vector<proof::Checkpoint> checkpoints(1);
  checkpoints[0].root = proof::tree_root({});
  std::vector<Hash256> leaves;
  const auto visit = [&](const LogRecord& record, const pb::Envelope& envelope) -> Status {
    leaves.push_back(proof::leaf_hash(record.leaf(envelope.sequence()).bytes()));
    checkpoints.push_back({envelope.sequence(), proof::tree_root(leaves), record.hash, record.state,
                           from_ms(envelope.time())});
    return {};
  };
  REQUIRE(walk_log(at.books.store(), {}, visit).has_value());
  std::ranges::reverse(checkpoints);
  CHECK(at.verified(checkpoints).value().checkpoints == checkpoints.size());

  const proof::Checkpoint middle = checkpoints[checkpoints.size() / 2];
  const std::string place = "the checkpoint at command " + std::to_string(middle.sequence);
  for (const auto field :
       {&proof::Checkpoint::root, &proof::Checkpoint::hash, &proof::Checkpoint::state}) {
    proof::Checkpoint wrong = middle;
    (wrong.*field).bytes[31] ^= 1;
    const Error error = at.refused({wrong});
    CHECK(error.reason == "checkpoint_contradicts");
    CHECK(error.detail.starts_with(place + " has another "));
  }
  proof::Checkpoint beyond = middle;
  beyond.sequence = leaves.size() + 1;
  CHECK(at.refused({beyond}).detail == "a checkpoint knows command " +
                                           std::to_string(leaves.size() + 1) +
                                           ", the log ends at " + std::to_string(leaves.size()));
}

TEST_CASE("long work is watched, and ends when the watcher says so") {
  Replayed at;
  std::set<std::string, std::less<>> stages;
  VerifyOptions options;
  options.watch = [&](const Progress& progress) -> Status {
    stages.emplace(progress.stage);
    return fail(Errc::Unavailable, "canceled", "enough");
  };
  CHECK(verify(at.books.store(), options).error().reason == "canceled");
  CHECK(stages == std::set<std::string, std::less<>>{"rows read"});
}

TEST_CASE("a scratch store has its place for itself, and clears what a killed one left there") {
  TempDirectory directory;
  const auto place = directory.path() / "scratch";
  {
    const auto first = store::ScratchStore::create(place).value();
    store::Batch batch;
    batch.put("key", "left behind");
    REQUIRE(first->store().write(batch, store::Durability::Synced).has_value());
    const auto second = store::ScratchStore::create(place);
    REQUIRE(!second.has_value());
    CHECK(second.error().reason == "store_locked");
    std::filesystem::copy(place, directory.path() / "kept",
                          std::filesystem::copy_options::recursive);
  }
  CHECK_FALSE(std::filesystem::exists(place));
  std::filesystem::rename(directory.path() / "kept", place);
  const auto again = store::ScratchStore::create(place).value();
  CHECK_FALSE(again->store().get("key").value().has_value());
}
