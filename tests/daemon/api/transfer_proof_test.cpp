#include <catch2/catch.hpp>

#include "chains/evm/rlp.hpp"
#include "daemon/receipt/transfer_receipt.hpp"
#include "tests/daemon/api/shop.hpp"

using namespace settled;
using namespace settled::tests;

namespace {

constexpr std::uint64_t kTxIndex = 3;

void write_parts(chains::evm::RlpWriter& writer, std::optional<std::uint64_t> log_in_receipt) {
  writer.begin_list();
  writer.bytes(as_bytes("a header"));
  writer.integer(kTxIndex);
  if (log_in_receipt) writer.integer(*log_in_receipt);
  writer.begin_list();
  writer.bytes(as_bytes("a node"));
  writer.end_list();
  writer.end_list();
}

std::string receipt_proof() {
  chains::evm::RlpWriter writer;
  write_parts(writer, std::nullopt);
  return std::string(as_text(writer.take()));
}

std::string transfer_of(Shop& shop, const nlohmann::json& intent) {
  const std::string id = intent.at("id");
  const Answer list = shop.get("/v1/transfers?payment_intent=" + id, shop.platform);
  REQUIRE(list.status == 200);
  return list.body.at("data").at(0).at("id");
}

}  // namespace

TEST_CASE("a transfer's proof is what its command brought, with the place of its log") {
  Shop shop;
  const std::string id = transfer_of(shop, shop.fund(shop.one, "25.00", receipt_proof()));
  const Answer answer = shop.get("/v1/transfers/" + id + "/proof", shop.one.key);
  REQUIRE(answer.status == 200);
  const auto receipt = daemon::receipt::parse_transfer(answer.text);
  REQUIRE(receipt.has_value());
  CHECK(receipt->id.to_string() == id);
  CHECK(receipt->chain == "base");
  CHECK(receipt->chain_id == answer.body.at("chain_id"));
  chains::evm::RlpWriter writer;
  write_parts(writer, 1);
  Bytes expected = writer.take();
  expected.insert(expected.begin(), 1);
  CHECK(receipt->proof == expected);

  CHECK(shop.get("/v1/transfers/" + id, shop.one.key).body.at("evidence") == "proven");
  CHECK(shop.get("/v1/transfers/" + id + "/proof", shop.platform).status == 200);
}

TEST_CASE("a transfer that has no proof says why, and another merchant's is not there") {
  Shop shop;
  const std::string single = transfer_of(shop, shop.fund(shop.one, "25.00"));
  const Answer unproven = shop.get("/v1/transfers/" + single + "/proof", shop.one.key);
  CHECK(unproven.status == 409);
  CHECK(unproven.code() == "transfer_not_provable");
  CHECK(unproven.body.at("detail").get<std::string>().find("`single`") != std::string::npos);

  const std::string proven = transfer_of(shop, shop.fund(shop.one, "25.00", receipt_proof()));
  CHECK(shop.get("/v1/transfers/" + proven + "/proof", shop.two.key).status == 404);
  CHECK(shop.get("/v1/transfers/tr_none/proof", shop.one.key).status == 404);
  CHECK(shop.get("/v1/transfers/" + proven + "/proof?x=1", shop.one.key).status == 400);
}

TEST_CASE("a stored proof that is no proof is an error of ours, not an answer") {
  Shop shop;
  const std::string id = transfer_of(shop, shop.fund(shop.one, "25.00", "not RLP"));
  const Answer answer = shop.get("/v1/transfers/" + id + "/proof", shop.one.key);
  CHECK(answer.status == 500);
}
