#include "wallet/policy.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "ledger/types/hex.hpp"
#include "wallet/keys.hpp"

namespace settled::wallet {
namespace {

using chains::evm::Address;
using chains::evm::Signature;
using chains::evm::Transaction;
using chains::evm::TransactionKind;

Address address_of(std::uint8_t last) {
  Address address;
  address.bytes.back() = last;
  return address;
}

ExpectedPayment expected_payment() {
  return {.chain_id = 8453,
          .token = address_of(1),
          .payee = address_of(2),
          .base_units = 25'000'000,
          .nonce = 7};
}

Transaction matching_transaction() {
  const ExpectedPayment expected = expected_payment();
  Transaction out;
  out.chain_id = expected.chain_id;
  out.nonce = expected.nonce;
  out.gas_limit = 65'000;
  out.max_fee_per_gas = 2'000'000'000;
  out.max_priority_fee_per_gas = 1'000'000;
  out.to = expected.token;
  out.data =
      chains::evm::encode_transfer({expected.payee, chains::evm::widen(expected.base_units)});
  return out;
}

PrivateKey fixed_key(std::uint8_t last) {
  Bytes bytes(32);
  bytes.back() = last;
  return PrivateKey::from_bytes(bytes).value();
}

/// Answers as it is told and counts how often it was asked.
class ToldSigner final : public Signer {
 public:
  using Answer = std::function<Result<Signature>(const chains::evm::Hash&)>;
  ToldSigner(Address address, Answer answer) : address_(address), answer_(std::move(answer)) {}

  const std::string& name() const override { return name_; }
  Address address() const override { return address_; }
  Result<Signature> sign(const chains::evm::Hash& digest) override {
    ++asked;
    return answer_(digest);
  }
  int asked = 0;

 private:
  std::string name_ = "told";
  Address address_;
  Answer answer_;
};

struct Violation {
  std::string field;
  std::function<void(Transaction&)> change;
};

std::vector<Violation> violations() {
  const auto pays = [](const Address& payee, chains::evm::U256 amount) {
    return
        [payee, amount](Transaction& t) { t.data = chains::evm::encode_transfer({payee, amount}); };
  };
  return {
      {"chain_id", [](Transaction& t) { t.chain_id = 1; }},
      {"chain_id", [](Transaction& t) { t.chain_id.reset(); }},
      {"chain_id",
       [](Transaction& t) {
         t.kind = TransactionKind::Legacy;
         t.chain_id.reset();
       }},
      {"nonce", [](Transaction& t) { ++t.nonce; }},
      {"to", [](Transaction& t) { t.to = address_of(2); }},
      {"to", [](Transaction& t) { t.to.reset(); }},
      {"value", [](Transaction& t) { t.value = 1; }},
      {"access_list", [](Transaction& t) { t.access_list.push_back({address_of(1), {}}); }},
      {"data", [](Transaction& t) { t.data.clear(); }},
      {"data", [](Transaction& t) { t.data.push_back(0); }},
      {"data", [](Transaction& t) { t.data.pop_back(); }},
      // approve(address,uint256) with the same arguments
      {"data",
       [](Transaction& t) { std::ranges::copy(Bytes{0x09, 0x5e, 0xa7, 0xb3}, t.data.begin()); }},
      {"data", [](Transaction& t) { t.data[4] = 1; }},
      {"payee", pays(address_of(3), 25'000'000)},
      {"payee", pays(address_of(0), 25'000'000)},
      {"amount", pays(address_of(2), 25'000'001)},
      {"amount", pays(address_of(2), 0)},
      {"amount", pays(address_of(2), (chains::evm::U256(1) << 128U) + 25'000'000)},
  };
}

TEST_CASE("a transaction that is the payout passes in every kind") {
  for (const auto kind :
       {TransactionKind::Legacy, TransactionKind::AccessList, TransactionKind::DynamicFee}) {
    Transaction transaction = matching_transaction();
    transaction.kind = kind;
    REQUIRE(check_payment(transaction, expected_payment()));
  }
}

TEST_CASE("every field that is not the payout's is named and nothing is asked of the signer") {
  const PrivateKey key = fixed_key(1);
  ToldSigner signer(PublicKey::of(key).address(),
                    [&](const auto& digest) { return sign_digest(key, digest); });
  for (const auto& [field, change] : violations()) {
    INFO(field);
    Transaction transaction = matching_transaction();
    change(transaction);
    const Status status = check_payment(transaction, expected_payment());
    REQUIRE(status.error().code == Errc::Rejected);
    REQUIRE(status.error().reason == "policy_violation");
    REQUIRE(status.error().param == field);
    REQUIRE(sign_payment(signer, transaction, expected_payment()).error() == status.error());
  }
  REQUIRE(signer.asked == 0);
}

TEST_CASE("an expectation that is empty matches nothing") {
  const auto field_of = [](const std::function<void(ExpectedPayment&, Transaction&)>& change) {
    ExpectedPayment expected = expected_payment();
    Transaction transaction = matching_transaction();
    change(expected, transaction);
    const Status status = check_payment(transaction, expected);
    return status ? "passed" : status.error().param;
  };
  REQUIRE(field_of([](auto& e, auto& t) { t.chain_id = e.chain_id = 0; }) == "chain_id");
  REQUIRE(field_of([](auto& e, auto& t) {
            t.kind = TransactionKind::Legacy;
            t.chain_id = e.chain_id = chains::evm::kMaxLegacyChainId + 1;
          }) == "chain_id");
  REQUIRE(field_of([](auto& e, auto& t) {
            e.payee = Address{};
            t.data = chains::evm::encode_transfer({Address{}, 25'000'000});
          }) == "payee");
  REQUIRE(field_of([](auto& e, auto& t) {
            e.base_units = 0;
            t.data = chains::evm::encode_transfer({e.payee, 0});
          }) == "amount");
}

TEST_CASE("a signed payment decodes to what was checked and comes from the signer") {
  const PrivateKey key = fixed_key(1);
  KeystoreSigner signer("hot", fixed_key(1));
  for (const auto kind : {TransactionKind::Legacy, TransactionKind::DynamicFee}) {
    Transaction transaction = matching_transaction();
    transaction.kind = kind;
    if (kind == TransactionKind::Legacy) {
      transaction.gas_price = 5;
      transaction.max_fee_per_gas = 0;
      transaction.max_priority_fee_per_gas = 0;
    }
    const auto made = sign_payment(signer, transaction, expected_payment());
    REQUIRE(made);
    const auto decoded = chains::evm::decode_signed(made->raw);
    REQUIRE(decoded->transaction == transaction);
    REQUIRE(chains::evm::sender(*decoded).value() == PublicKey::of(key).address());
    REQUIRE(made->hash == chains::evm::hash_of(made->raw));
    REQUIRE(sign_payment(signer, transaction, expected_payment())->raw == made->raw);
  }
}

TEST_CASE("what cannot be read by others is not signed") {
  KeystoreSigner signer("hot", fixed_key(1));
  Transaction transaction = matching_transaction();
  transaction.max_priority_fee_per_gas = transaction.max_fee_per_gas + 1;
  REQUIRE(sign_payment(signer, transaction, expected_payment()).error().reason ==
          "invalid_transaction");
}

TEST_CASE("a signer that lies or fails gives no payment") {
  const PrivateKey key = fixed_key(1);
  const PrivateKey other = fixed_key(2);
  const Address address = PublicKey::of(key).address();
  const auto reason = [&](ToldSigner::Answer answer) {
    ToldSigner signer(address, std::move(answer));
    const auto made = sign_payment(signer, matching_transaction(), expected_payment());
    REQUIRE(signer.asked == 1);
    return made ? "signed" : made.error().reason;
  };
  REQUIRE(reason([&](const auto& digest) { return sign_digest(key, digest); }) == "signed");
  REQUIRE(reason([&](const auto& digest) { return sign_digest(other, digest); }) ==
          "signature_mismatch");
  REQUIRE(reason([&](const auto&) {
            return sign_digest(key, chains::evm::keccak256(as_bytes("another")));
          }) == "signature_mismatch");
  REQUIRE(reason([](const auto&) { return Signature{}; }) == "signature_mismatch");
  REQUIRE(reason([&](const auto& digest) {
            Signature signature = sign_digest(key, digest);
            signature.recovery_id = 28;
            return signature;
          }) == "signature_mismatch");
  REQUIRE(reason([](const auto&) -> Result<Signature> {
            return fail(Errc::Unavailable, "signer_unreachable", "no answer");
          }) == "signer_unreachable");
}

}  // namespace
}  // namespace settled::wallet
