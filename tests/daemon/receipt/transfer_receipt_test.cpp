#include "daemon/receipt/transfer_receipt.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/receipt/receipt.hpp"
#include "ledger/types/crypto.hpp"

using namespace settled;
using namespace settled::daemon;

namespace {

std::string text() {
  receipt::TransferReceipt made;
  made.id = TransferId::parse("tr_01h455vb4pex5vsknk084sn02q").value();
  made.chain = "base";
  made.chain_id = 8'453;
  made.proof = Bytes{1, 2, 3, 4};
  return receipt::to_json(made).dump();
}

std::string refusal(std::string_view receipt) {
  const auto read = receipt::parse_transfer(receipt);
  return read ? "" : read.error().reason;
}

std::string changed(const char* field, const nlohmann::json& value) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(text());
  json[field] = value;
  return json.dump();
}

}  // namespace

TEST_CASE("a transfer's proof is read back as it was made") {
  const auto read = receipt::parse_transfer(text());
  REQUIRE(read.has_value());
  CHECK(receipt::to_json(*read).dump() == text());
  CHECK(receipt::kind_of(text()).value() == "transfer_proof");
}

TEST_CASE("what is no transfer's proof is refused") {
  CHECK_FALSE(refusal("").empty());
  CHECK_FALSE(refusal("[]").empty());
  CHECK(refusal(changed("object", "receipt")) == "invalid_receipt");
  CHECK(refusal(changed("id", "pi_01h455vb4pex5vsknk084sn02q")) == "invalid_receipt");
  CHECK(refusal(changed("proof", "AQIDBA")) == "invalid_receipt");
  CHECK(refusal(changed("proof", "AQIDBB==")) == "invalid_receipt");
  CHECK_FALSE(refusal(changed("chain_id", 0)).empty());
  CHECK_FALSE(refusal(changed("chain_id", "8453")).empty());
  CHECK_FALSE(refusal(changed("more", 1)).empty());
  CHECK(refusal(std::string(receipt::kLargestReceipt + 1, ' ')) == "invalid_receipt");
  CHECK_FALSE(receipt::kind_of(changed("object", "payment_intent")).has_value());
  CHECK_FALSE(receipt::kind_of("{}").has_value());
}
