#include "daemon/http/message.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace settled;
using namespace settled::daemon::http;

TEST_CASE("A failure's code gives the status, and its reason where HTTP is finer") {
  const auto status = [](Errc code, const char* reason) {
    return http_status(Error{code, reason, "detail"});
  };
  CHECK(status(Errc::Invalid, "unknown_field") == 400);
  CHECK(status(Errc::NotFound, "not_found") == 404);
  CHECK(status(Errc::Conflict, "not_cancelable") == 409);
  CHECK(status(Errc::Rejected, "insufficient_funds") == 422);
  CHECK(status(Errc::Unavailable, "not_ready") == 503);
  CHECK(status(Errc::Timeout, "deadline") == 504);
  CHECK(status(Errc::Corrupt, "x") == 500);
  CHECK(status(Errc::Internal, "x") == 500);
  CHECK(status(Errc::Rejected, "unauthenticated") == 401);
  CHECK(status(Errc::Rejected, "forbidden") == 403);
  CHECK(status(Errc::Rejected, "maker_is_checker") == 403);
  CHECK(status(Errc::Invalid, "method_not_allowed") == 405);
  CHECK(status(Errc::Timeout, "request_timeout") == 408);
  CHECK(status(Errc::Conflict, "idempotency_in_flight") == 409);
  CHECK(status(Errc::Invalid, "body_too_large") == 413);
  CHECK(status(Errc::Invalid, "unsupported_media_type") == 415);
  CHECK(status(Errc::Conflict, "idempotency_mismatch") == 422);
  CHECK(status(Errc::Unavailable, "too_many_requests") == 429);
  CHECK(status(Errc::Invalid, "header_too_large") == 431);
}

TEST_CASE("A problem has the members of RFC 9457 and ours") {
  const Response response =
      problem(Error{Errc::Invalid, "unknown_field", "no such \"field\"", "accept[0].x"}, "req_1");
  CHECK(response.status == 400);
  CHECK(response.content_type == "application/problem+json");
  CHECK(nlohmann::json::parse(response.body) == nlohmann::json{{"type", "about:blank"},
                                                               {"title", "Bad Request"},
                                                               {"status", 400},
                                                               {"detail", "no such \"field\""},
                                                               {"code", "unknown_field"},
                                                               {"param", "accept[0].x"},
                                                               {"request_id", "req_1"}});
}

TEST_CASE("A problem without a field has no param, and bytes that are no text do not break it") {
  const Response response = problem(Error{Errc::Internal, "x", "cut \xe2\x82"}, "req_1");
  CHECK(response.status == 500);
  CHECK_FALSE(nlohmann::json::parse(response.body).contains("param"));
}

TEST_CASE("Problems say how to authenticate and when to come again") {
  const auto unauthenticated = problem(Error{Errc::Rejected, "unauthenticated", "no key"}, "r");
  CHECK(unauthenticated.headers == Pairs{{"WWW-Authenticate", "Bearer"}});
  CHECK(problem(Error{Errc::Unavailable, "draining", ""}, "r").headers ==
        Pairs{{"Retry-After", "1"}});
  CHECK(problem(Error{Errc::Rejected, "too_many_requests", ""}, "r").headers ==
        Pairs{{"Retry-After", "1"}});
  CHECK(problem(Error{Errc::NotFound, "not_found", ""}, "r").headers.empty());
}

TEST_CASE("Headers and query parameters are looked up by name") {
  Request request;
  request.headers = {{"host", "h"}, {"x", "1"}, {"x", "2"}};
  request.query = {{"limit", "2"}, {"empty", ""}};
  CHECK(request.header("x") == "1");
  CHECK_FALSE(request.header("X"));
  CHECK(request.query_value("limit") == "2");
  CHECK(request.query_value("empty") == "");
  CHECK_FALSE(request.query_value("none"));
}
