#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "ledger/types/hex.hpp"
#include "tests/daemon/api/shop.hpp"

using namespace settled;
using namespace settled::tests;
using chains::rpc::SeenTransaction;
using nlohmann::json;

namespace {

std::set<std::string> codes(const json& list) {
  std::set<std::string> out;
  for (const json& each : list) out.insert(each.at("code").get<std::string>());
  return out;
}
using Codes = std::set<std::string>;

json explained(Shop& shop, const std::string& about, const std::string& key) {
  const Answer answer = shop.get("/v1/explain/" + about, key);
  INFO(answer.text);
  REQUIRE(answer.status == 200);
  CHECK(answer.body.at("object") == "explanation");
  REQUIRE_FALSE(answer.body.at("findings").empty());
  CHECK(answer.body.at("summary") == answer.body.at("findings").at(0).at("detail"));
  return answer.body;
}

chains::evm::Address deposit_of(const json& intent) {
  const std::string text = intent.at("payment_options").at(0).at("deposit_address");
  return chains::evm::parse_address(text).value();
}

chains::evm::Hash as_topic(const chains::evm::Address& address) {
  chains::evm::Hash out;
  std::ranges::copy(address.bytes, out.bytes.begin() + 12);
  return out;
}

/// A mined transaction with these transfers of a token, in block 1 of "base".
SeenTransaction mined(const chains::evm::TxHash& hash, const chains::evm::Address& token,
                      const std::vector<chains::evm::Address>& to, std::uint64_t block = 1) {
  SeenTransaction out;
  out.transaction.hash = hash;
  out.transaction.block_number = block;
  out.receipt.emplace();
  out.receipt->tx_hash = hash;
  out.receipt->block_number = block;
  out.receipt->succeeded = true;
  for (const chains::evm::Address& each : to) {
    chains::rpc::Log log;
    log.address = token;
    log.topics = {chains::evm::kTransferTopic, as_topic(shop_address(200)), as_topic(each)};
    log.data = Bytes(32, 0);
    log.data.back() = 7;
    log.tx_hash = hash;
    log.block_number = block;
    log.log_index = static_cast<std::uint32_t>(out.receipt->logs.size());
    out.receipt->logs.push_back(log);
  }
  return out;
}

chains::evm::TxHash tx(std::uint8_t last) {
  chains::evm::TxHash out;
  out.bytes.fill(0xAB);
  out.bytes.back() = last;
  return out;
}

/// What one of the merchants is told of a transaction that the first chain tells so.
json told(Shop& shop, Result<SeenTransaction> seen, const std::string& key) {
  shop.chains_now[0].seen = std::move(seen);
  return explained(shop, to_0x(tx(1).view()), key);
}

}  // namespace

TEST_CASE("an intent is explained by its status, its money and what comes next") {
  Shop shop;
  const json intent = shop.make_intent(shop.one, "25.00");
  const std::string id = intent.at("id");
  const json waiting = explained(shop, id, shop.one.key);
  CHECK(waiting.at("kind") == "payment_intent");
  CHECK(codes(waiting.at("findings")) == Codes{"requires_payment"});
  CHECK(codes(waiting.at("next")) == Codes{"payment", "expiry"});
  CHECK(waiting.at("payment_intents").at(0).at("id") == id);
  CHECK_FALSE(shop.looked_up.has_value());

  shop.mine({shop.payment(intent, "10.00")}, Shop::Blocks::Seen);
  const json part = explained(shop, id, shop.one.key);
  CHECK(codes(part.at("findings")) == Codes{"partially_paid", "matched", "seen"});
  CHECK(codes(part.at("next")) == Codes{"payment", "expiry", "confirmation"});
  CHECK(part.at("summary").get<std::string>().find("15.00 USDC are missing") != std::string::npos);

  shop.mine({shop.payment(intent, "15.00")}, Shop::Blocks::Confirmed);
  const json paid = explained(shop, id, shop.one.key);
  CHECK(codes(paid.at("findings")) == Codes{"succeeded", "matched", "confirmed"});
  CHECK(codes(paid.at("next")) == Codes{"finality"});
  CHECK(paid.at("transfers").size() == 2);

  shop.mine({});
  CHECK(codes(explained(shop, id, shop.one.key).at("findings")) ==
        Codes{"succeeded", "matched", "finalized"});
}

TEST_CASE("money in suspense is explained by its reason, to the merchant and to the platform") {
  Shop shop;
  const json intent = shop.make_intent(shop.one, "25.00");
  const std::string id = intent.at("id");
  REQUIRE(shop.post("/v1/payment_intents/" + id + "/cancel", json::object(), shop.one.key).status ==
          200);
  const auto transfer = shop.payment(intent, "25.00");
  shop.mine({transfer});
  const std::string hash = to_0x(as_bytes(transfer.tx_hash()));
  for (const std::string& key : {shop.one.key, shop.platform}) {
    for (const std::string& about :
         {hash, id, intent.at("payment_options").at(0).at("deposit_address").get<std::string>()}) {
      const json told = explained(shop, about, key);
      INFO(told.dump());
      CHECK(codes(told.at("findings")).contains("canceled"));
      CHECK(codes(told.at("next")).contains("assign"));
      REQUIRE(told.at("transfers").size() == 1);
      CHECK(told.at("transfers").at(0).at("reason") == "canceled");
    }
  }
}

TEST_CASE("what another merchant has is not there, and nobody learns that it is") {
  Shop shop;
  const json intent = shop.fund(shop.one, "25.00");
  const std::string id = intent.at("id");
  const json transfer = shop.get("/v1/transfers", shop.one.key).body.at("data").at(0);
  CHECK(shop.get("/v1/explain/" + id, shop.two.key).status == 404);
  CHECK(shop.get("/v1/explain/" + transfer.at("id").get<std::string>(), shop.two.key).status ==
        404);
  const json by_hash = explained(shop, transfer.at("tx_hash").get<std::string>(), shop.two.key);
  CHECK(codes(by_hash.at("findings")) == Codes{"transaction_not_found"});

  const std::string theirs = intent.at("payment_options").at(0).at("deposit_address");
  const std::string nobodys = chains::evm::to_checksum(shop_address(99));
  const std::string signers = chains::evm::to_checksum(shop_address(0xEE));
  for (const std::string& address : {theirs, nobodys, signers}) {
    const json told = explained(shop, address, shop.two.key);
    CHECK(codes(told.at("findings")) == Codes{"not_your_address"});
    CHECK(told.dump().find(id) == std::string::npos);
  }
  const json of_theirs =
      told(shop, mined(tx(1), shop_address(1), {deposit_of(intent)}), shop.two.key);
  CHECK(codes(of_theirs.at("findings")) == Codes{"mined", "not_your_address"});
  CHECK(of_theirs.at("payment_intents").empty());
}

TEST_CASE("a transaction that the books do not have is explained by what its chain tells") {
  Shop shop;
  const json intent = shop.make_intent(shop.one, "25.00");
  const chains::evm::Address deposit = deposit_of(intent);
  const auto of = [&](Result<SeenTransaction> seen) {
    return told(shop, std::move(seen), shop.one.key);
  };
  SECTION("a token that is not registered") {
    const json told = of(mined(tx(1), shop_address(77), {deposit}));
    CHECK(codes(told.at("findings")) == Codes{"mined", "token_not_registered"});
    CHECK(told.at("payment_intents").at(0).at("id") == intent.at("id"));
  }
  SECTION("a block that the books have not read") {
    const json told = of(mined(tx(1), shop_address(1), {deposit}, 9));
    CHECK(codes(told.at("findings")) == Codes{"mined", "not_read_yet"});
    CHECK(codes(told.at("next")) == Codes{"reading"});
  }
  SECTION("a block that was read without it") {
    shop.mine({});
    const json told = of(mined(tx(1), shop_address(1), {deposit}));
    CHECK(codes(told.at("findings")) == Codes{"mined", "missed"});
  }
  SECTION("nothing moves") {
    SeenTransaction seen = mined(tx(1), shop_address(1), {deposit});
    seen.receipt->logs[0].data.back() = 0;
    CHECK(codes(of(seen).at("findings")) == Codes{"mined", "moves_nothing"});
  }
  SECTION("it failed") {
    SeenTransaction seen = mined(tx(1), shop_address(1), {});
    seen.receipt->succeeded = false;
    CHECK(codes(of(seen).at("findings")) == Codes{"transaction_failed"});
  }
  SECTION("it waits to be mined, and sends the chain's own coin") {
    SeenTransaction seen = mined(tx(1), shop_address(1), {});
    seen.receipt.reset();
    seen.transaction.block_number.reset();
    seen.transaction.to = deposit;
    seen.transaction.value = 5;
    CHECK(codes(of(seen).at("findings")) == Codes{"not_mined", "coin_not_accepted"});
  }
  SECTION("it pays others") {
    const json told = of(mined(tx(1), shop_address(1), {shop_address(98), shop_address(99)}));
    CHECK(codes(told.at("findings")) == Codes{"mined", "not_your_address"});
  }
  SECTION("no transfer at all") {
    CHECK(codes(of(mined(tx(1), shop_address(1), {})).at("findings")) ==
          Codes{"mined", "no_transfer"});
  }
  SECTION("no chain has it") {
    const json told = of(fail(Errc::NotFound, "no_such_transaction", ""));
    CHECK(codes(told.at("findings")) == Codes{"transaction_not_found"});
    CHECK(told.at("chains").size() == 2);
  }
  SECTION("a chain cannot be asked") {
    const json told = of(fail(Errc::Timeout, "timeout", "no node has answered in time"));
    CHECK(codes(told.at("findings")) == Codes{"transaction_not_found", "chain_unavailable"});
    CHECK(codes(told.at("next")) == Codes{"check", "ask_again"});
    CHECK(told.at("chains").at(0).at("outcome") == "unavailable");
    CHECK(told.at("chains").at(1).at("outcome") == "not_found");
  }
}

TEST_CASE("a chain that is not followed is named where a transfer waits for it") {
  Shop shop;
  const json intent = shop.make_intent(shop.one, "25.00");
  shop.mine({shop.payment(intent, "25.00")}, Shop::Blocks::Confirmed);
  shop.chains_now[0].status.state = chains::FollowState::Halted;
  shop.chains_now[0].status.reason = "finality_violation";
  const json told = explained(shop, intent.at("id"), shop.one.key);
  CHECK(codes(told.at("findings")).contains("chain_halted"));
}

TEST_CASE("payouts and refunds are explained with what they wait for") {
  Shop shop;
  const json intent = shop.fund(shop.one, "25.00");
  const json payout = shop.post("/v1/payouts",
                                {{"amount", "5.00"},
                                 {"currency", "USDC"},
                                 {"chain", "base"},
                                 {"destination", chains::evm::to_checksum(shop_address(150))}},
                                shop.one.key)
                          .body;
  const json queued = explained(shop, payout.at("id"), shop.one.key);
  CHECK(codes(queued.at("findings")) == Codes{"queued"});
  CHECK(codes(queued.at("next")) == Codes{"liquidity"});
  const json refund =
      shop.post("/v1/payment_intents/" + intent.at("id").get<std::string>() + "/refunds",
                {{"amount", "1.00"},
                 {"chain", "base"},
                 {"destination", chains::evm::to_checksum(shop_address(151))}},
                shop.one.key)
          .body;
  const json of_refund = explained(shop, refund.at("id"), shop.one.key);
  CHECK(of_refund.at("kind") == "refund");
  CHECK(codes(of_refund.at("findings")) ==
        Codes{"refund", "queued", "succeeded", "matched", "finalized"});
  CHECK(shop.get("/v1/explain/" + refund.at("id").get<std::string>(), shop.two.key).status == 404);
}

TEST_CASE("addresses that have no intent are explained to the platform") {
  Shop shop;
  const json signer = explained(shop, chains::evm::to_checksum(shop_address(0xEE)), shop.platform);
  CHECK(codes(signer.at("findings")) == Codes{"signer"});
  const json token = explained(shop, chains::evm::to_checksum(shop_address(5)), shop.one.key);
  CHECK(codes(token.at("findings")) == Codes{"token_contract"});
}

TEST_CASE("what is neither hash nor address nor id is refused by name") {
  Shop shop;
  const auto refused = [&](const std::string& about) {
    const Answer answer = shop.get("/v1/explain/" + about, shop.one.key);
    return std::to_string(answer.status) + " " + answer.code();
  };
  const std::string invalid = "400 invalid_parameter";
  CHECK(refused("0x12") == invalid);
  CHECK(refused("0x" + std::string(64, 'g')) == invalid);
  CHECK(refused("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed") == "200 ");
  CHECK(refused("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed") == invalid);  // EIP-55
  CHECK(refused("pi_1") == "404 not_found");
  CHECK(refused("something") == "404 not_found");
  CHECK(refused("en_01h455vb4pex5vsknk084sn02q") == "404 not_found");
  CHECK(refused(to_0x(tx(1).view()) + "?x=1") == "400 unknown_parameter");
}
