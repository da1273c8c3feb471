#include <iostream>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "chains/evm/transaction.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/evm/account.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;
using nlohmann::json;
using settled::chains::evm::tests::text;
using settled::chains::evm::tests::unhex;

namespace {

U256 quantity(const json& object, const char* name) {
  return object.contains(name) ? *parse_quantity(text(object[name])) : U256(0);
}

/// The fields of one vector of ethers.js, of which each kind uses its own.
Transaction described(const json& fields, TransactionKind kind) {
  Transaction out;
  out.kind = kind;
  if (fields.contains("chainId")) {
    out.chain_id = *parse_quantity64(text(fields["chainId"]));
  } else if (kind != TransactionKind::Legacy) {
    out.chain_id = 0;
  }
  out.nonce = fields.value("nonce", std::uint64_t{0});
  out.gas_limit = static_cast<std::uint64_t>(quantity(fields, "gasLimit"));
  if (fields.contains("to")) out.to = *parse_address(text(fields["to"]));
  out.value = quantity(fields, "value");
  out.data = unhex(fields.value("data", "0x"));
  if (kind == TransactionKind::DynamicFee) {
    out.max_fee_per_gas = quantity(fields, "maxFeePerGas");
    out.max_priority_fee_per_gas = quantity(fields, "maxPriorityFeePerGas");
  } else {
    out.gas_price = quantity(fields, "gasPrice");
  }
  if (kind == TransactionKind::Legacy || !fields.contains("accessList")) return out;
  for (const json& given : fields["accessList"]) {
    AccessListEntry entry{*parse_address(text(given["address"])), {}};
    for (const json& key : given["storageKeys"]) {
      entry.storage_keys.push_back(*fixed_from_hex<Hash>(text(key)));
    }
    out.access_list.push_back(entry);
  }
  return out;
}

std::array<std::uint8_t, 32> word_of(const json& quantity_text) {
  return to_word(*parse_quantity(text(quantity_text)));
}

/// A vector may describe a priority fee above the maximal fee: it is encoded as given and refused
/// when read.
void check_vector(const json& vector, const Transaction& transaction, const std::string& form) {
  CAPTURE(vector["name"], form);
  CHECK(to_0x(signing_payload(transaction)) == text(vector["unsigned" + form]));
  const Bytes raw = unhex(vector["signed" + form]);
  const json& given = vector["signature" + form];
  Signature signature{word_of(given["r"]), word_of(given["s"]), 0};
  const std::uint64_t v = *parse_quantity64(text(given["v"]));
  // Of 27, 28 and of every EIP-155 v the odd one means parity 0; typed ones hold the parity.
  const bool legacy = transaction.kind == TransactionKind::Legacy;
  signature.recovery_id = static_cast<std::uint8_t>(legacy ? (v + 1) % 2 : v);
  CHECK(encode_signed(transaction, signature) == raw);

  const auto decoded = decode_signed(raw);
  if (transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas) {
    CHECK(decoded.error().reason == "invalid_transaction");
    return;
  }
  REQUIRE(decoded.has_value());
  CHECK(*decoded == SignedTransaction{transaction, signature});
  CHECK(sender(*decoded) == tests::account_of(unhex(vector["privateKey"])));
}

/// The newest fork that a file of TransactionTests has an expectation for.
std::string newest_fork(const json& results) {
  for (const char* fork : {"Cancun", "Shanghai", "Paris", "London"}) {
    if (results.contains(fork)) return fork;
  }
  FAIL("a file names no fork that is known");
  return {};
}

/// What the tests call invalid and this codec does not judge, since it needs the rules of a fork:
/// gas that a transaction costs before it runs, and the size of init code (EIP-3860).
const std::set<std::string> kOutOfScope = {
    "TransactionException.INTRINSIC_GAS_TOO_LOW",
    "TransactionException.INITCODE_SIZE_EXCEEDED",
};

/// Mainnet, whose rules the tests are written for.
constexpr std::uint64_t kChain = 1;

bool acceptable(BytesView raw) {
  const auto decoded = decode_signed(raw);
  if (!decoded) return false;
  const auto chain = decoded->transaction.chain_id;
  return (!chain || *chain == kChain) && sender(*decoded).has_value();
}

}  // namespace

TEST_CASE("transactions of ethers.js are encoded, decoded and recovered") {
  const auto vectors = tests::load_vectors("ethers.js/transactions-sample.json");
  if (!vectors) return;
  int blob_transactions = 0;
  for (const json& vector : *vectors) {
    const json& fields = vector["transaction"];
    const bool named = vector.contains("signedEip155") && vector["signedEip155"] != "";
    Transaction legacy = described(fields, TransactionKind::Legacy);
    if (named) check_vector(vector, legacy, "Eip155");
    legacy.chain_id.reset();
    check_vector(vector, legacy, "Legacy");
    check_vector(vector, described(fields, TransactionKind::AccessList), "Berlin");
    check_vector(vector, described(fields, TransactionKind::DynamicFee), "London");
    if (const auto raw = vector.value("signedCancun", ""); !raw.empty()) {
      ++blob_transactions;
      CHECK(decode_signed(unhex(raw)).error().reason == "unsupported_transaction_type");
    }
  }
  std::cout << "not supported, and refused as such: " << blob_transactions
            << " EIP-4844 transactions of ethers.js\n";
}

TEST_CASE("TransactionTests of ethereum/tests are accepted or refused as the newest fork does") {
  std::map<std::string, int> counts;
  const auto files = tests::vector_files("ethereum-tests/TransactionTests");
  for (const auto& file : files) {
    for (const auto& [name, test] : tests::load_json(file).items()) {
      CAPTURE(file.filename().string(), name);
      const json& expected = test["result"][newest_fork(test["result"])];
      const auto decoded_hex = from_hex(text(test["txbytes"]));
      REQUIRE(decoded_hex.has_value());
      const Bytes& raw = *decoded_hex;
      if (expected.contains("exception")) {
        const auto exception = text(expected["exception"]);
        const bool judged = !kOutOfScope.contains(exception);
        ++counts[judged ? "refused" : exception];
        CAPTURE(exception);
        CHECK(acceptable(raw) != judged);
        continue;
      }
      ++counts["accepted"];
      const auto decoded = decode_signed(raw);
      REQUIRE(decoded.has_value());
      CHECK(to_0x(sender(*decoded)->view()) == text(expected["sender"]));
      CHECK(to_0x(hash_of(raw).view()) == text(expected["hash"]));
      CHECK(encode_signed(decoded->transaction, decoded->signature) == raw);
    }
  }
  for (const auto& [what, count] : counts) {
    std::cout << "TransactionTests, " << what << ": " << count << "\n";
  }
}

TEST_CASE("transactions of BasicTests, from before EIP-155, are read") {
  const auto vectors = tests::load_vectors("ethereum-tests/BasicTests/txtest.json");
  if (!vectors) return;
  for (const json& vector : *vectors) {
    const Bytes raw = unhex(vector["signed"]);
    const auto decoded = decode_signed(raw);
    REQUIRE(decoded.has_value());
    const Transaction& transaction = decoded->transaction;
    CHECK(transaction.nonce == vector["nonce"].get<std::uint64_t>());
    CHECK(transaction.gas_price == vector["gasprice"].get<std::uint64_t>());
    CHECK(transaction.gas_limit == vector["startgas"].get<std::uint64_t>());
    CHECK(transaction.value == vector["value"].get<std::uint64_t>());
    CHECK(to_hex(transaction.data) == text(vector["data"]));
    CHECK((transaction.to ? to_hex(transaction.to->view()) : "") == text(vector["to"]));
    CHECK(encode_signed(transaction, decoded->signature) == raw);
    // The second one's s is in the upper half, which was accepted until EIP-2.
    const auto signer = sender(*decoded);
    if (is_low_s(decoded->signature.s)) {
      CHECK(signer == tests::account_of(unhex(vector["key"])));
    } else {
      CHECK(signer.error().reason == "invalid_signature");
    }
  }
}
