#include "ledger/types/id.hpp"

#include <catch2/catch.hpp>

using settled::IdBytes;
using settled::IdSequence;
using settled::IntentId;

namespace {

const settled::Bytes kEntropy(10, 0xFF);

}  // namespace

TEST_CASE("an id prints with its prefix and parses back") {
  IdSequence ids;
  const IntentId id{ids.next(settled::from_ms(1'700'000'000'123), kEntropy)};
  CHECK(id.to_string().size() == 29);
  CHECK(id.to_string().starts_with("pi_"));
  CHECK(IntentId::parse(id.to_string()) == id);
  CHECK(settled::to_ms(id.created()) == 1'700'000'000'123);
}

TEST_CASE("what is not an id of this kind names nothing") {
  for (const char* text : {"", "pi_", "pi_nothing", "tr_00000000000000000000000000",
                           "pi_80000000000000000000000000", "pi_0000000000000000000000000u",
                           "pi_000000000000000000000000000", "pi_0000000000000000000000000A"}) {
    CAPTURE(text);
    CHECK(IntentId::parse(text).error().reason == "not_found");
  }
}

TEST_CASE("ids only grow, as bytes and as text, also when the clock steps back") {
  IdSequence ids;
  std::string last;
  for (const std::int64_t ms : {1'000, 1'000, 1'000, 999, 1'001, 5, 2'000}) {
    const std::string text = encode_id(ids.next(settled::from_ms(ms), kEntropy));
    CHECK(text > last);
    last = text;
  }
}

TEST_CASE("the increment carries over all random bytes") {
  IdBytes start;
  start.bytes[5] = 1;
  for (std::size_t i = 7; i < 16; ++i) start.bytes[i] = 0xFF;
  IdSequence ids(start);
  const IdBytes next = ids.next(settled::from_ms(1), kEntropy);
  CHECK(next.bytes[5] == 1);
  CHECK(next.bytes[6] == 1);
  CHECK(next.bytes[15] == 0);
}
