#include "ledger/types/time.hpp"

#include <catch2/catch.hpp>

using settled::parse_rfc3339;
using settled::to_ms;
using settled::to_rfc3339;

TEST_CASE("times print as RFC 3339 in UTC with milliseconds") {
  CHECK(to_rfc3339(settled::from_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(settled::from_ms(951'782'400'007)) == "2000-02-29T00:00:00.007Z");
}

TEST_CASE("RFC 3339 with any offset is read") {
  CHECK(to_ms(*parse_rfc3339("1985-04-12T23:20:50.52Z")) == 482'196'050'520);
  CHECK(to_ms(*parse_rfc3339("1996-12-19T16:39:57-08:00")) == 851'042'397'000);
  CHECK(to_ms(*parse_rfc3339("2000-02-29T00:00:00.007999Z")) == 951'782'400'007);
}

TEST_CASE("anything else is no time") {
  for (const char* text :
       {"", "2000", "2000-02-30T00:00:00Z", "2000-01-01T24:00:00Z", "2000-01-01T00:00:00",
        "2000-01-01T00:00:00.Z", "2000-01-01T00:00:00+1:00", "2000-01-01T00:00:00Zx",
        "2000/01/01T00:00:00Z", "2000-13-01T00:00:00Z", "1700000000"}) {
    CAPTURE(text);
    CHECK(parse_rfc3339(text).error().reason == "invalid_time");
  }
}
