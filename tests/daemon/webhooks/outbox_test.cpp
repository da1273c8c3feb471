#include "daemon/webhooks/outbox.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "tests/fuzz/outbox_rows.hpp"
#include "tests/support/map_store.hpp"

namespace settled::daemon::webhooks {
namespace {

using tests::decode_outbox;
using tests::MapStore;

const std::string kEndpoint(16, 'e');

std::string prefix() {
  return ledger::keys::Key(ledger::keys::Table::Operational).name("webhooks");
}

std::string u64(std::uint64_t value) {
  std::string out;
  ledger::keys::append_u64(out, value);
  return out;
}

pb::Delivery delivery(char id) {
  pb::Delivery out;
  out.set_id(std::string(16, id));
  out.set_endpoint(kEndpoint);
  out.set_event(std::string(16, 'v'));
  out.set_event_type("transfer.seen");
  out.set_state(pb::PENDING);
  out.set_attempts_made(1);
  out.set_next_attempt(1'800'000'000'000);
  pb::Attempt& attempt = *out.add_attempts();
  attempt.set_at(1'799'999'999'000);
  attempt.set_error("timeout");
  return out;
}

/// A cursor, one that lags, a delivery that waits and one that has ended.
MapStore::Rows good_rows() {
  pb::Delivery ended = delivery('b');
  ended.set_state(pb::DELIVERED);
  return {{prefix() + "c", u64(9)},
          {prefix() + "l" + kEndpoint, u64(4)},
          {prefix() + "d" + kEndpoint + delivery('a').id(), delivery('a').SerializeAsString()},
          {prefix() + "d" + kEndpoint + ended.id(), ended.SerializeAsString()}};
}

Status load(MapStore::Rows rows) {
  MapStore store(std::move(rows));
  Outbox outbox(store);
  const auto loaded = outbox.load([](const pb::Delivery&) {});
  if (!loaded) return std::unexpected(loaded.error());
  return {};
}

/// Refused by a start, gone after a repair.
void check_corrupt(const std::string& key, const std::string& value) {
  MapStore::Rows rows = good_rows();
  rows[key] = value;
  const Status loaded = load(rows);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Errc::Corrupt);
  CHECK(loaded.error().reason == "corrupt_record");
  const auto refitted = refit(key, value, {}, MapStore(rows));
  REQUIRE(refitted.has_value());
  CHECK_FALSE(refitted->has_value());
}

std::string input(const MapStore::Rows& rows) {
  std::string out;
  for (const auto& [key, value] : rows) {
    const std::string name = key.substr(prefix().size());
    out += static_cast<char>(name.size());
    out += name + u64(value.size()).substr(4) + value;
  }
  return out;
}

}  // namespace

TEST_CASE("What the outbox wrote is loaded, listed and shown") {
  REQUIRE(load(good_rows()));
  const auto read = decode_outbox(input(good_rows()));
  CHECK(read.loaded);
  CHECK(read.rows == 4);
  CHECK(read.deliveries == 3);  // the one that waits, and both of the list
}

TEST_CASE("A delivery that no outbox writes stops the start by name, and a repair drops it") {
  const std::string key = prefix() + "d" + kEndpoint + std::string(16, 'a');
  const auto with = [](auto change) {
    pb::Delivery out = delivery('a');
    change(out);
    return out.SerializeAsString();
  };
  check_corrupt(key, "no protobuf");
  check_corrupt(key, with([](auto& of) { of.set_id("short"); }));
  check_corrupt(key, with([](auto& of) { of.set_event(std::string(17, 'v')); }));
  check_corrupt(key, with([](auto& of) { of.set_endpoint(""); }));
  check_corrupt(key, with([](auto& of) { of.set_attempts_made(UINT32_MAX); }));
  check_corrupt(key, with([](auto& of) { of.set_next_attempt(INT64_MAX); }));
  check_corrupt(key, with([](auto& of) { of.mutable_attempts(0)->set_at(INT64_MIN); }));
  // proto3 keeps what it does not know.
  check_corrupt(key, delivery('a').SerializeAsString() + std::string("\x30\x07", 2));
  check_corrupt(key, delivery('b').SerializeAsString());
  check_corrupt(key + "x", delivery('a').SerializeAsString());
}

TEST_CASE("A cursor of a wrong size, or of no endpoint, is corrupt") {
  check_corrupt(prefix() + "c", "7");
  check_corrupt(prefix() + "l" + kEndpoint, u64(4) + "x");
  check_corrupt(prefix() + "l" + kEndpoint + "x", u64(4));
  check_corrupt(prefix() + "l", u64(4));
}

TEST_CASE("Whatever becomes of the stored bytes, they are read or refused by name") {
  const std::string whole = input(good_rows());
  std::size_t loaded = 0;
  std::size_t refused = 0;
  const auto decode = [&](const std::string& bytes) {
    ++(decode_outbox(bytes).loaded ? loaded : refused);
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    decode(whole.substr(0, at));
    for (const unsigned bit : {0U, 3U, 7U}) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      decode(flipped);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = whole;
    for (int changes = 0; changes < 3; ++changes) {
      const std::size_t at = random() % bytes.size();
      if (random() % 2 == 0) bytes.erase(at, 1 + random() % 8);
      bytes.insert(at, std::string(random() % 4, static_cast<char>(random())));
    }
    decode(bytes);
  }
  CHECK(loaded > 0);
  CHECK(refused > 0);
}

}  // namespace settled::daemon::webhooks
