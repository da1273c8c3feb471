#include "chains/evm/transaction.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/rlp.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

std::array<std::uint8_t, 32> word(std::string_view digits) {
  return fixed_from<Hash>(tests::unhex(digits)).bytes;
}

/// The example of EIP-155.
Transaction eip155() {
  Transaction out;
  out.kind = TransactionKind::Legacy;
  out.chain_id = 1;
  out.nonce = 9;
  out.gas_limit = 21'000;
  out.gas_price = U256("20000000000");
  out.to = *parse_address("0x3535353535353535353535353535353535353535");
  out.value = U256("1000000000000000000");
  return out;
}

Signature eip155_signature() {
  return {word("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"),
          word("67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"), 0};
}

constexpr const char* kEip155Raw =
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef"
    "61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800cc"
    "f555c9f3dc64214b297fb1966a3b6d83";

Transaction payout() {
  Transaction out;
  out.chain_id = 8453;
  out.nonce = 7;
  out.gas_limit = 60'000;
  out.max_priority_fee_per_gas = U256(1'000'000);
  out.max_fee_per_gas = U256(2'000'000'000);
  out.to = *parse_address("0x833589fcd6edb6e08f4c7c32d4f71b54bda02913");
  out.data = encode_transfer({*parse_address("0x3535353535353535353535353535353535353535"), 25});
  out.access_list = {{*out.to, {Hash{}, kTransferTopic}}, {*out.to, {}}};
  return out;
}

std::string reason(BytesView raw) {
  const auto decoded = decode_signed(raw);
  return decoded ? "accepted" : decoded.error().reason;
}

template <typename Change>
std::string reason_with(Change change) {
  Transaction transaction = payout();
  change(transaction);
  return reason(encode_signed(transaction, eip155_signature()));
}

/// A legacy transaction of these items, for what the encoder never writes.
std::string reason_of_items(std::initializer_list<std::string_view> items) {
  RlpWriter writer;
  writer.begin_list();
  for (const std::string_view item : items) writer.bytes(tests::unhex(item));
  writer.end_list();
  return reason(writer.take());
}

constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kTo = "3535353535353535353535353535353535353535";

}  // namespace

TEST_CASE("the example of EIP-155 is hashed, signed and read back") {
  CHECK(
      to_hex(signing_payload(eip155())) ==
      "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080");
  CHECK(to_hex(signing_digest(eip155()).view()) ==
        "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  CHECK(to_hex(encode_signed(eip155(), eip155_signature())) == kEip155Raw);
  const auto decoded = decode_signed(tests::unhex(kEip155Raw));
  REQUIRE(decoded.has_value());
  CHECK(*decoded == SignedTransaction{eip155(), eip155_signature()});
  CHECK(to_checksum(*sender(*decoded)) == "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
}

TEST_CASE("every kind with every field decodes to what was encoded") {
  Transaction transaction = payout();
  for (const auto kind :
       {TransactionKind::Legacy, TransactionKind::AccessList, TransactionKind::DynamicFee}) {
    transaction.kind = kind;
    if (kind == TransactionKind::DynamicFee) {
      transaction = payout();
    } else {
      transaction.gas_price = U256(3);
      transaction.max_fee_per_gas = transaction.max_priority_fee_per_gas = 0;
    }
    transaction.access_list =
        kind == TransactionKind::Legacy ? std::vector<AccessListEntry>{} : payout().access_list;
    const SignedTransaction expected{transaction, eip155_signature()};
    CHECK(decode_signed(encode_signed(transaction, eip155_signature())) == expected);
  }
  transaction.to.reset();
  const SignedTransaction creation{transaction, eip155_signature()};
  CHECK(decode_signed(encode_signed(transaction, eip155_signature())) == creation);
}

TEST_CASE("the largest chain id of a legacy transaction survives its v") {
  Transaction transaction = eip155();
  transaction.chain_id = kMaxLegacyChainId;
  Signature signature = eip155_signature();
  signature.recovery_id = 1;
  const SignedTransaction expected{transaction, signature};
  CHECK(decode_signed(encode_signed(transaction, signature)) == expected);
}

TEST_CASE("values that no fork accepts are refused") {
  CHECK(reason_with([](Transaction&) {}) == "accepted");
  CHECK(reason_with([](Transaction& t) { t.nonce = kMost64 - 1; }) == "accepted");
  CHECK(reason_with([](Transaction& t) { t.nonce = kMost64; }) == "invalid_transaction");
  CHECK(reason_with([](Transaction& t) { t.max_priority_fee_per_gas = t.max_fee_per_gas; }) ==
        "accepted");
  CHECK(reason_with([](Transaction& t) { t.max_priority_fee_per_gas = t.max_fee_per_gas + 1; }) ==
        "invalid_transaction");
  CHECK(reason_with([](Transaction& t) {
          t.gas_limit = 2;
          t.max_fee_per_gas = U256(1) << 255;
        }) == "invalid_transaction");
  CHECK(reason_with([](Transaction& t) {
          t.gas_limit = 2;
          t.max_fee_per_gas = (U256(1) << 255) - 1;
        }) == "accepted");
}

TEST_CASE("bytes in front, behind or missing are refused") {
  const Bytes raw = encode_signed(payout(), eip155_signature());
  CHECK(reason({}) == "invalid_transaction");
  CHECK(reason(BytesView(raw).first(1)) == "invalid_rlp");
  for (std::size_t size = 2; size < raw.size(); ++size) {
    CAPTURE(size);
    CHECK(reason(BytesView(raw).first(size)) == "invalid_rlp");
  }
  Bytes longer = raw;
  longer.push_back(0);
  CHECK(reason(longer) == "invalid_rlp");
  for (const std::uint8_t type : Bytes{0, 3, 4, 0x7F, 0x80, 0xBF}) {
    Bytes other = raw;
    other.front() = type;
    CHECK(reason(other) == "unsupported_transaction_type");
  }
}

TEST_CASE("no flipped bit leaves the signer and the meaning as they were") {
  const Bytes raw = tests::unhex(kEip155Raw);
  const Address signer = *sender(*decode_signed(raw));
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    Bytes other = raw;
    other[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto decoded = decode_signed(other);
    if (!decoded) continue;
    CHECK(encode_signed(decoded->transaction, decoded->signature) == other);
    CHECK(sender(*decoded) != signer);
  }
}

TEST_CASE("a legacy transaction has nine fields of the right size") {
  CHECK(reason_of_items({"", "", "", kTo, "", "", "1b", "01", "01"}) == "accepted");
  CHECK(reason_of_items({"", "", "", "", "", "", "1c", "01", "01"}) == "accepted");
  CHECK(reason_of_items({"", "", "", kTo, "", "", "1b", "01"}) == "invalid_rlp");
  CHECK(reason_of_items({"", "", "", kTo, "", "", "1b", "01", "01", ""}) == "invalid_rlp");
  CHECK(reason_of_items({"", "", "", "35", "", "", "1b", "01", "01"}) == "invalid_transaction");
  CHECK(reason_of_items({"00", "", "", kTo, "", "", "1b", "01", "01"}) == "invalid_rlp");
  CHECK(reason_of_items({"", "", "", kTo, "", "", "1b", "0001", "01"}) == "invalid_rlp");
}

TEST_CASE("a v that means neither a parity nor a chain is refused") {
  for (const char* v : {"", "01", "1a", "1d", "22", "23", "24", "ffffffffffffffff"}) {
    CAPTURE(v);
    CHECK(reason_of_items({"", "", "", kTo, "", "", v, "01", "01"}) == "invalid_signature");
  }
  CHECK(reason_of_items({"", "", "", kTo, "", "", "fffffffffffffffe", "01", "01"}) == "accepted");
  CHECK(reason_of_items({"", "", "", kTo, "", "", "25", "01", "01"}) == "accepted");
  CHECK(reason_of_items({"", "", "", kTo, "", "", "010000000000000000", "01", "01"}) ==
        "invalid_rlp");
}
