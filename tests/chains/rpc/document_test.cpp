#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/rpc/fields.hpp"
#include "chains/rpc/json_rpc.hpp"
#include "chains/rpc/node.hpp"
#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
constexpr const char* kUrl = "http://node/";

std::string refusal(std::string body) {
  const auto document = match_document(body, 7);
  return document ? "" : document.error().reason;
}

Task<Result<bool>> is_told(Task<Result<Document>> question) {
  CO_TRY(const Document document, co_await std::move(question));
  co_return !document.is_null();
}

struct World {
  Result<bool> block() { return http::run(io, is_told(node.block_document(5))); }
  Result<bool> receipts() {
    return http::run(io, is_told(node.receipts_document(hash_of_block(5))));
  }

  boost::asio::io_context io;
  ScriptedNodes nodes;
  Node node{nodes, {"node", kUrl}};
};

}  // namespace

TEST_CASE("The result of a call becomes a document") {
  std::string body = R"({"jsonrpc":"2.0","id":7,"result":{"a":1}})";
  const auto document = match_document(body, 7);
  REQUIRE(document);
  CHECK_FALSE(document->is_null());
  CHECK(refusal(R"({"jsonrpc":"2.0","id":7,"error":null,"result":[]})").empty());
  body = R"({"jsonrpc":"2.0","id":7,"result":null})";
  const auto nothing = match_document(body, 7);
  REQUIRE(nothing);
  CHECK(nothing->is_null());
}

TEST_CASE("Documents keep what they hold while others come and go") {
  const auto parse = [](std::size_t size, char letter) {
    const auto document = Document::parse("[\"" + std::string(size, letter) + "\"]");
    REQUIRE(document);
    return *document->elements();
  };
  const auto text = [](const std::vector<Document>& elements) {
    return std::string(fields::root(elements.front()).get_string().value());
  };
  constexpr std::size_t kHuge = std::size_t{9} << 20U;  // more than is kept to be used again
  const auto first = parse(100, 'a');
  std::optional second(parse(70'000, 'b'));
  CHECK(text(parse(kHuge, 'c')) == std::string(kHuge, 'c'));
  CHECK(text(*second) == std::string(70'000, 'b'));
  second.reset();
  const auto third = parse(60'000, 'd');
  const auto fourth = parse(80'000, 'e');
  CHECK_FALSE(Document::parse("[1,"));
  CHECK_FALSE(Document::parse(std::string(90'000, '[')));
  CHECK(text(first) == std::string(100, 'a'));
  CHECK(text(third) == std::string(60'000, 'd'));
  CHECK(text(fourth) == std::string(80'000, 'e'));
}

TEST_CASE("An object has at most 256 fields") {
  std::string body = R"({"jsonrpc":"2.0","id":7,"result":1)";
  for (int i = 3; i < 256; ++i) body += R"(,"f)" + std::to_string(i) + R"(":0)";
  CHECK(refusal(body + "}").empty());
  CHECK(refusal(body + R"(,"one more":0})") == "bad_json");
}

TEST_CASE("What answers no call of that id is no document") {
  const auto [body, reason] = GENERATE(table<std::string, std::string>({
      {"", "bad_json"},
      {"<html>", "bad_json"},
      {R"({"jsonrpc":"2.0","id":7,"result":{)", "bad_json"},
      {R"({"jsonrpc":"2.0","id":7})", "bad_json"},
      {R"({"jsonrpc":"1.0","id":7,"result":1})", "bad_json"},
      {R"({"id":7,"result":1})", "bad_json"},
      {R"({"jsonrpc":"2.0","id":7,"result":1,"result":2})", "bad_json"},
      {R"({"jsonrpc":"2.0","id":7,"id":7,"result":1})", "bad_ids"},
      {R"({"jsonrpc":"2.0","id":8,"result":1})", "bad_ids"},
      {R"({"jsonrpc":"2.0","id":"7","result":1})", "bad_ids"},
      {R"({"jsonrpc":"2.0","result":1})", "bad_ids"},
      {R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"},"result":1})",
       "method_not_found"},
      {R"({"jsonrpc":"2.0","id":7,"error":1,"result":1})", "bad_json"},
      {R"({"jsonrpc":"2.0","id":7,"error":{},"error":null,"result":1})", "bad_json"},
      {R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"x"}})", "rpc_error"},
      {R"([{"jsonrpc":"2.0","id":7,"result":1}])", "bad_json"},
  }));
  CAPTURE(body);
  CHECK(refusal(body) == reason);
}

TEST_CASE("A node's block and receipts are asked for by number and by hash") {
  World world;
  world.nodes.on(kUrl, "eth_getBlockByNumber", [](const json& params) -> json {
    CHECK(params == json::array({"0x5", false}));
    return block_json(5);
  });
  world.nodes.on(kUrl, "eth_getBlockReceipts", [](const json& params) -> json {
    CHECK(params == json::array({block_json(5)["hash"]}));
    return json::array();
  });
  CHECK(world.block());
  CHECK(world.receipts());
}

TEST_CASE("A block that is not there and receipts that are not are told apart") {
  World world;
  for (const char* method : {"eth_getBlockByNumber", "eth_getBlockReceipts"}) {
    world.nodes.on(kUrl, method, [](const json&) { return json(nullptr); });
  }
  CHECK(world.block().error().reason == "no_such_block");
  CHECK(world.block().error().code == Errc::NotFound);
  CHECK(world.receipts().error().reason == "lagging_backend");
}

TEST_CASE("A refusal of a document is read as any other") {
  World world;
  const auto answers = [&](unsigned status, std::string body, http::Headers headers = {}) {
    world.nodes.on_request(kUrl, [=](const http::Request&) -> Result<http::Response> {
      return answered(body, status, headers);
    });
    return world.block().error();
  };
  CHECK(answers(502, "<html>").reason == "http_status");
  CHECK(answers(500, R"({"jsonrpc":"2.0","id":1,"result":{}})").reason == "http_status");
  CHECK(answers(200, "<html>").reason == "bad_json");
  CHECK(answers(429, "", {{"retry-after", "9"}}).reason == "throttled");
  CHECK(world.node.retry_after() == std::chrono::seconds(9));
  const char* limited =
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"rate limit exceeded"}})";
  CHECK(answers(200, limited, {{"retry-after", "4"}}).reason == "throttled");
  CHECK(world.node.retry_after() == std::chrono::seconds(4));
}

}  // namespace settled::chains::rpc
