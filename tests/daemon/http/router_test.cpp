#include "daemon/http/router.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::daemon::http;

namespace {

using Segments = std::vector<std::string>;

Task<Response> nothing(Request, PathParameters) {
  co_return Response{};
}

Router api() {
  Router router;
  router.add("GET", "/", nothing);
  router.add("POST", "/v1/payment_intents", nothing);
  router.add("GET", "/v1/payment_intents", nothing);
  router.add("GET", "/v1/payment_intents/{id}", nothing);
  router.add("POST", "/v1/payment_intents/{id}/cancel", nothing);
  router.add("GET", "/v1/ledger/{kind}/{code}", nothing);
  router.add("GET", "/v1/ledger/accounts/{code}", nothing);
  router.add("GET", "/v1/{any}/accounts/all", nothing);
  router.add("DELETE", "/v1/ledger/accounts/all", nothing);
  return router;
}

}  // namespace

TEST_CASE("A path is matched by method, literals and parameters") {
  const Router router = api();
  const auto found = router.resolve("POST", Segments{"v1", "payment_intents", "pi_1", "cancel"});
  REQUIRE(found.endpoint != nullptr);
  CHECK(found.pattern == "/v1/payment_intents/{id}/cancel");
  CHECK(found.parameters["id"] == "pi_1");
  CHECK(router.resolve("GET", Segments{}).pattern == "/");
  CHECK(router.resolve("GET", Segments{"v1", "payment_intents"}).parameters.empty());
}

TEST_CASE("A parameter takes decoded text, slashes included, but not nothing") {
  const Router router = api();
  CHECK(router.resolve("GET", Segments{"v1", "payment_intents", "a/b"}).parameters["id"] == "a/b");
  CHECK(router.resolve("GET", Segments{"v1", "payment_intents", ""}).endpoint == nullptr);
}

TEST_CASE("A literal beats a parameter, the earlier the stronger") {
  const Router router = api();
  CHECK(router.resolve("GET", Segments{"v1", "ledger", "accounts", "x"}).pattern ==
        "/v1/ledger/accounts/{code}");
  CHECK(router.resolve("GET", Segments{"v1", "ledger", "entries", "x"}).pattern ==
        "/v1/ledger/{kind}/{code}");
  CHECK(router.resolve("GET", Segments{"v1", "ledger", "accounts", "all"}).pattern ==
        "/v1/ledger/accounts/{code}");
  CHECK(router.resolve("GET", Segments{"v1", "other", "accounts", "all"}).pattern ==
        "/v1/{any}/accounts/all");
}

TEST_CASE("HEAD is answered by GET") {
  const Router router = api();
  CHECK(router.resolve("HEAD", Segments{"v1", "payment_intents", "x"}).endpoint != nullptr);
  CHECK(router.resolve("HEAD", Segments{"v1", "payment_intents", "x", "cancel"}).allow == "POST");
}

TEST_CASE("A known path with another method tells which it takes") {
  const Router router = api();
  const auto put = router.resolve("PUT", Segments{"v1", "payment_intents"});
  CHECK(put.endpoint == nullptr);
  CHECK(put.allow == "GET, HEAD, POST");
  CHECK(router.resolve("get", Segments{"v1", "payment_intents"}).endpoint == nullptr);
  CHECK(router.resolve("PATCH", Segments{"v1", "ledger", "accounts", "all"}).allow ==
        "DELETE, GET, HEAD");
}

TEST_CASE("An unknown path has neither endpoint nor methods") {
  const Router router = api();
  for (const Segments& segments :
       {Segments{"v1"}, Segments{"v2", "payment_intents"}, Segments{"v1", "payment_intents", ""},
        Segments{"v1", "payment_intents", "x", "cancel", "y"}, Segments{"V1", "payment_intents"},
        Segments{""}, Segments{"*"}}) {
    const auto found = router.resolve("GET", segments);
    CHECK(found.endpoint == nullptr);
    CHECK(found.allow.empty());
  }
}
