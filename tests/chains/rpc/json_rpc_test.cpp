#include "chains/rpc/json_rpc.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/http/client.hpp"
#include "tests/chains/http/server.hpp"
#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
constexpr const char* kUrl = "http://node/";

std::vector<Call> three_calls() {
  return {{"one", json::array()}, {"two", json::array()}, {"three", json::array()}};
}

std::string result_of(int id, const std::string& value) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + value + "}";
}

}  // namespace

TEST_CASE("Answers of a batch are matched by id, in any order") {
  const auto answers = match_answers(
      "[" + result_of(9, "\"c\"") + "," + result_of(7, "null") + "," +
          R"({"jsonrpc":"2.0","id":8,"error":{"code":-32000,"message":"nonce too low"}}])",
      7, 3);
  REQUIRE(answers);
  REQUIRE(answers->size() == 3);
  CHECK(answers->at(0)->is_null());
  CHECK(answers->at(1).error().reason == "nonce_too_low");
  CHECK(*answers->at(2) == "c");
}

TEST_CASE("A missing, unknown or repeated id spoils the whole batch") {
  const std::string body = GENERATE(
      "[" + result_of(1, "1") + "]", "[]", "[" + result_of(1, "1") + "," + result_of(1, "1") + "]",
      "[" + result_of(1, "1") + "," + result_of(3, "1") + "]",
      "[" + result_of(0, "1") + "," + result_of(1, "1") + "]",
      "[" + result_of(1, "1") + "," + result_of(2, "1") + "," + result_of(3, "1") + "]",
      std::string(R"([{"jsonrpc":"2.0","id":"1","result":1},{"jsonrpc":"2.0","id":2,"result":1}])"),
      std::string(R"([{"jsonrpc":"2.0","result":1},{"jsonrpc":"2.0","id":2,"result":1}])"),
      std::string(R"([{"jsonrpc":"2.0","id":-1,"result":1},{"jsonrpc":"2.0","id":2,"result":1}])"),
      result_of(1, "1"));
  CAPTURE(body);
  const auto answers = match_answers(body, 1, 2);
  REQUIRE_FALSE(answers);
  CHECK(answers.error().code == Errc::Corrupt);
  CHECK(answers.error().reason == "bad_ids");
}

TEST_CASE("What is not JSON-RPC 2.0 is refused") {
  const std::string body = GENERATE(
      std::string("<html><body>502 Bad Gateway</body></html>"), std::string(""), std::string("{"),
      std::string(R"({"jsonrpc":"2.0","id":1,"result":"0x)"), std::string("null"), std::string("1"),
      std::string("[1]"), std::string("[[]]"), std::string("{}"),
      std::string(R"({"id":1,"result":1})"), std::string(R"({"jsonrpc":"1.0","id":1,"result":1})"),
      std::string(R"({"jsonrpc":"2.0","id":1})"),
      std::string(R"({"jsonrpc":"2.0","id":1,"error":"no"})"),
      std::string(R"({"jsonrpc":"2.0","id":1,"error":{"code":"x"}})"),
      std::string("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"\xff\xfe\"}"),
      R"({"jsonrpc":"2.0","id":1,"result":)" + std::string(100, '[') + std::string(100, ']') + "}",
      std::string(1'000'000, '['));
  const auto answers = match_answers(body, 1, 1);
  REQUIRE_FALSE(answers);
  CHECK(answers.error().code == Errc::Corrupt);
  CHECK(answers.error().reason == "bad_json");
}

TEST_CASE("Brackets within strings are no depth") {
  const auto answers = match_answers(
      result_of(1, "\"" + std::string(200, '[') + "\\\"" + std::string(200, '{') + "\""), 1, 1);
  CHECK(answers);
}

TEST_CASE("A batch may be refused as a whole") {
  const std::string body = GENERATE(
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"rate limit reached"}})",
      R"([{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"rate limit reached"}}])",
      R"([{"jsonrpc":"2.0","id":1,"result":1},)"
      R"({"jsonrpc":"2.0","id":2,"error":{"code":429,"message":"rate limit reached"}}])");
  const auto answers = match_answers(body, 1, 2);
  REQUIRE_FALSE(answers);
  CHECK(answers.error().code == Errc::Unavailable);
  CHECK(answers.error().reason == "throttled");
}

TEST_CASE("Retry-After is a number of seconds, held within sense") {
  using namespace std::chrono_literals;
  CHECK(parse_retry_after("7") == 7s);
  CHECK(parse_retry_after("") == 1s);
  CHECK(parse_retry_after("0") == 1s);
  CHECK(parse_retry_after("99999999999999999999") == 600s);
  CHECK(parse_retry_after("Fri, 31 Dec 1999 23:59:59 GMT") == 1s);
  CHECK(parse_retry_after("-5") == 1s);
}

TEST_CASE("HTTP 429 is throttling, and its Retry-After is kept") {
  boost::asio::io_context io;
  ScriptedNodes nodes;
  nodes.on_request(kUrl, [](const http::Request&) {
    return answered("<html>slow down</html>", 429, {{"retry-after", "30"}});
  });
  JsonRpc rpc(nodes, {"node", kUrl});
  const auto answer = http::run(io, rpc.call({"eth_chainId", json::array()}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::Unavailable);
  CHECK(answer.error().reason == "throttled");
  CHECK(rpc.retry_after() == std::chrono::seconds(30));
}

TEST_CASE("Another status is the gateway's failure, unless the body tells the node's own") {
  boost::asio::io_context io;
  ScriptedNodes nodes;
  JsonRpc rpc(nodes, {"node", kUrl});
  const auto ask = [&](http::Response response) {
    nodes.on_request(kUrl, [response](const http::Request&) { return response; });
    return http::run(io, rpc.call({"eth_chainId", json::array()}));
  };
  CHECK(ask(answered("<html>", 502)).error().reason == "http_status");
  CHECK(ask(answered("", 401)).error().reason == "http_status");
  CHECK(ask(answered(result_of(3, "1"), 302)).error().reason == "http_status");
  const std::string refusal =
      R"({"jsonrpc":"2.0","id":4,"error":{"code":3,"message":"execution reverted","data":"0x08"}})";
  const auto reverted = ask(answered(refusal, 400));
  CHECK(reverted.error().reason == "reverted");
  CHECK(reverted.error().detail.ends_with(", data 0x08"));

  // It becomes a text of the books: what a node may cut anywhere must not make that unreadable.
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\u20ac";
  const auto strange = ask(answered(
      R"({"jsonrpc":"2.0","id":5,"error":{"code":3,"message":"execution reverted","data":")" +
          euros + R"("}})",
      400));
  CHECK(strange.error().detail.ends_with(", data " + std::string(266, ' ')));
}

TEST_CASE("A long batch is split over requests, and its answers are joined in order") {
  boost::asio::io_context io;
  ScriptedNodes nodes;
  nodes.on(kUrl, "echo", [](const json& params) { return params.at(0); });
  Endpoint endpoint{"node", kUrl};
  endpoint.max_batch = 3;
  JsonRpc rpc(nodes, endpoint);
  std::vector<Call> calls;
  for (int i = 0; i < 8; ++i) calls.push_back({"echo", json::array({i})});
  const auto answers = http::run(io, rpc.batch(std::move(calls)));
  REQUIRE(answers);
  REQUIRE(answers->size() == 8);
  for (int i = 0; i < 8; ++i) CHECK(*answers->at(static_cast<std::size_t>(i)) == i);
  CHECK(nodes.requests.size() == 3);
  CHECK(json::parse(nodes.requests.back().body).size() == 2);
}

TEST_CASE("A batch crosses a real connection, and truncated answers do not pass") {
  boost::asio::io_context io;
  const std::string whole =
      "[" + result_of(2, "\"b\"") + "," + result_of(1, "\"a\"") + "," + result_of(3, "\"c\"") + "]";
  const std::string cut = whole.substr(0, whole.size() / 2);
  http::Server server(io, http::answers({http::ok(whole), http::ok(cut),
                                         "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + cut}));
  const auto client = http::Client::create(io.get_executor(), {}).value();
  Endpoint endpoint{"node", server.url("/v1/key"), {{"authorization", "Bearer x"}}};
  endpoint.timeout = std::chrono::milliseconds(200);
  endpoint.max_answer_bytes = 500;
  JsonRpc rpc(*client, endpoint);
  const auto answers = http::run(io, rpc.batch(three_calls()));
  REQUIRE(answers);
  CHECK(*answers->at(0) == "a");
  CHECK(*answers->at(2) == "c");
  CHECK(http::run(io, rpc.batch(three_calls())).error().reason == "bad_json");
  CHECK(http::run(io, rpc.batch(three_calls())).error().reason == "body_too_large");
  CHECK(server.connections() == 1);
}

}  // namespace settled::chains::rpc
