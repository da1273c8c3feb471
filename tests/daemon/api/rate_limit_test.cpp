#include "daemon/api/rate_limit.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using daemon::api::RateLimit;

namespace {

int taken(RateLimit& limit, const std::string& name, std::int64_t now_ms, int asked) {
  int count = 0;
  for (int i = 0; i < asked; ++i) count += limit.take(name, now_ms) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("A bucket lets a burst of two seconds through, then what flows in") {
  RateLimit limit(10, 100);
  CHECK(taken(limit, "a", 1'000, 100) == 20);
  CHECK(taken(limit, "a", 1'099, 100) == 0);
  CHECK(taken(limit, "a", 1'100, 100) == 1);
  CHECK(taken(limit, "a", 2'100, 100) == 10);
  CHECK(taken(limit, "a", 1'000'000'000, 100) == 20);
  CHECK(taken(limit, "a", 999, 100) == 0);
}

TEST_CASE("Names do not pay for one another") {
  RateLimit limit(10, 100);
  CHECK(taken(limit, "a", 0, 100) == 20);
  CHECK(taken(limit, "b", 0, 100) == 20);
}

TEST_CASE("A limit of zero lets everything through") {
  RateLimit limit(0, 100);
  CHECK(taken(limit, "a", 0, 10'000) == 10'000);
}

TEST_CASE("Names beyond the limit of memory share a bucket until others are full again") {
  RateLimit limit(10, 2);
  CHECK(taken(limit, "a", 10'000, 100) == 20);
  CHECK(taken(limit, "b", 10'000, 100) == 20);
  CHECK(taken(limit, "c", 10'000, 100) + taken(limit, "d", 10'000, 100) == 20);
  CHECK(taken(limit, "d", 13'000, 100) == 20);
  CHECK(taken(limit, "e", 13'000, 100) == 20);
}

TEST_CASE("A key that asks too often is answered 429, others and later requests are not") {
  tests::Shop shop({}, 20);
  std::vector<tests::Ask> asks(200, {"GET", "/v1/balances", "", shop.one.key});
  int refused = 0;
  for (const tests::Answer& answer : shop.ask_all(asks)) {
    if (answer.status != 429) continue;
    ++refused;
    CHECK(answer.code() == "too_many_requests");
    CHECK(answer.header("Retry-After") == "1");
  }
  CHECK(refused > 0);
  CHECK(shop.get("/v1/balances", shop.two.key).status == 200);
}

TEST_CASE("Failed authentications are bounded by address, and known keys are let in all the same") {
  tests::Shop shop({}, 1'000);
  std::vector<tests::Ask> asks(2'000, {"GET", "/v1/balances", "", "sk_" + std::string(43, 'x')});
  int refused = 0;
  for (const tests::Answer& answer : shop.ask_all(asks)) {
    CHECK((answer.status == 401 || answer.status == 429));
    refused += answer.status == 429 ? 1 : 0;
  }
  CHECK(refused > 0);
  CHECK(shop.get("/v1/balances", shop.one.key).status == 200);
}
