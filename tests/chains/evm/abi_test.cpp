#include "chains/evm/abi.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

const Address kPayee = *parse_address("0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826");
const Address kPayer = *parse_address("0x13978aee95f38490e9769c39b2773ed763d9cd5f");
const U256 kMost = std::numeric_limits<U256>::max();

Selector selector_of(std::string_view signature) {
  const Hash hash = keccak256(as_bytes(signature));
  return {hash.bytes[0], hash.bytes[1], hash.bytes[2], hash.bytes[3]};
}

Hash topic(const Address& address) {
  Hash out;
  std::ranges::copy(address.bytes, out.bytes.begin() + 12);
  return out;
}

std::string symbol(std::string_view digits) {
  const auto text = decode_symbol(tests::unhex(digits));
  return text ? *text : text.error().reason;
}

std::string word(std::string_view digits) {
  return std::string(64 - digits.size(), '0') + std::string(digits);
}

}  // namespace

TEST_CASE("selectors and the topic are hashes of their signatures") {
  CHECK(kTransferSelector == selector_of("transfer(address,uint256)"));
  CHECK(kBalanceOfSelector == selector_of("balanceOf(address)"));
  CHECK(kDecimalsSelector == selector_of("decimals()"));
  CHECK(kSymbolSelector == selector_of("symbol()"));
  CHECK(kTransferTopic == keccak256(as_bytes("Transfer(address,address,uint256)")));
}

TEST_CASE("calldata of ERC-20 is encoded word by word") {
  CHECK(to_hex(encode_transfer({kPayee, U256(324124)})) ==
        "a9059cbb"
        "000000000000000000000000cd2a3d9f938e13cd947ec05abc7fe734df8dd826"
        "000000000000000000000000000000000000000000000000000000000004f21c");
  CHECK(to_hex(encode_balance_of(kPayee)) ==
        "70a08231000000000000000000000000cd2a3d9f938e13cd947ec05abc7fe734df8dd826");
  CHECK(to_hex(encode_decimals()) == "313ce567");
  CHECK(to_hex(encode_symbol()) == "95d89b41");
}

TEST_CASE("transfer calldata decodes to what was encoded and to nothing else") {
  for (const U256& amount : {U256(0), U256(1), U256(25'000'000), kMost}) {
    const TransferCall call{kPayee, amount};
    CHECK(decode_transfer(encode_transfer(call)) == call);
  }
  const Bytes valid = encode_transfer({kPayee, U256(1)});
  const auto reason_with = [&](auto change) {
    Bytes calldata = valid;
    change(calldata);
    const auto call = decode_transfer(calldata);
    return call ? std::string("accepted") : call.error().reason;
  };
  CHECK(reason_with([](Bytes&) {}) == "accepted");
  CHECK(reason_with([](Bytes& b) { b.clear(); }) == "invalid_abi");
  CHECK(reason_with([](Bytes& b) { b.pop_back(); }) == "invalid_abi");
  CHECK(reason_with([](Bytes& b) { b.push_back(0); }) == "invalid_abi");
  CHECK(reason_with([](Bytes& b) { b[0] ^= 1; }) == "invalid_abi");
  CHECK(reason_with([](Bytes& b) { b[4] = 1; }) == "invalid_abi");
  CHECK(reason_with([](Bytes& b) { b[15] = 1; }) == "invalid_abi");
}

TEST_CASE("one returned word is a number, and nothing returned is an error") {
  CHECK(decode_uint256(tests::unhex(word("05d94e83"))) == U256(98127491));
  CHECK(decode_uint256(tests::unhex(std::string(64, 'f'))) == kMost);
  CHECK(decode_uint256({}).error().reason == "invalid_abi");
  CHECK(decode_uint256(Bytes(31)).error().reason == "invalid_abi");
  CHECK(decode_uint256(Bytes(64)).error().reason == "invalid_abi");
  CHECK(decode_uint8(tests::unhex(word("06"))) == 6);
  CHECK(decode_uint8(tests::unhex(word("ff"))) == 255);
  CHECK(decode_uint8(tests::unhex(word("0100"))).error().reason == "invalid_abi");
  CHECK(decode_uint8(tests::unhex("01" + std::string(62, '0'))).error().reason == "invalid_abi");
}

TEST_CASE("a symbol is a string, or the bytes32 of early tokens") {
  const std::string usdc = "55534443" + std::string(56, '0');
  CHECK(symbol(word("20") + word("04") + usdc) == "USDC");
  CHECK(symbol(word("20") + word("00")) == "");
  // MakerDAO's MKR returns bytes32.
  CHECK(symbol("4d4b52" + std::string(58, '0')) == "MKR");
  CHECK(symbol(std::string(64, '0')) == "");
}

TEST_CASE("a symbol that is cut off, overlong or points elsewhere is refused") {
  const std::string usdc = "55534443" + std::string(56, '0');
  CHECK(symbol("") == "invalid_abi");
  CHECK(symbol(word("20") + "00") == "invalid_abi");
  CHECK(symbol(word("40") + word("04") + usdc) == "invalid_abi");
  CHECK(symbol(word("20") + word("21") + usdc) == "invalid_abi");
  CHECK(symbol(word("20") + word("101") + std::string(640, '0')) == "invalid_abi");
  CHECK(symbol(word("20") + std::string(64, 'f') + usdc) == "invalid_abi");
  CHECK(symbol(std::string(64, 'f') + word("04") + usdc) == "invalid_abi");
}

TEST_CASE("a Transfer event has three topics and one word of data") {
  const std::vector<Hash> topics = {kTransferTopic, topic(kPayer), topic(kPayee)};
  const auto data = to_word(U256(25'000'000));
  CHECK(decode_transfer_event(topics, data) == TransferEvent{kPayer, kPayee, U256(25'000'000)});
  CHECK(decode_transfer_event(topics, to_word(kMost))->value == kMost);

  const auto refused = [&](auto change) {
    std::vector<Hash> other = topics;
    change(other);
    return !decode_transfer_event(other, data);
  };
  CHECK(refused([](auto& t) { t.clear(); }));
  CHECK(refused([](auto& t) { t.pop_back(); }));
  CHECK(refused([](auto& t) { t.push_back(Hash{}); }));
  CHECK(refused([](auto& t) { t[0].bytes[31] ^= 1; }));
  CHECK(refused([](auto& t) { t[1].bytes[11] = 1; }));
  CHECK(refused([](auto& t) { t[2].bytes[0] = 1; }));
  CHECK_FALSE(decode_transfer_event(topics, {}));
  CHECK_FALSE(decode_transfer_event(topics, Bytes(31)));
  CHECK_FALSE(decode_transfer_event(topics, Bytes(64)));
}

TEST_CASE("arguments of ethereum/tests are encoded as given") {
  // GithubWikiTest is left out: no call of ours has arrays or bytes10.
  const auto vectors = tests::load_vectors("ethereum-tests/ABITests/basic_abi_tests.json");
  if (!vectors) return;
  const auto& integer = (*vectors)["SingleInteger"];
  CHECK(to_hex(to_word(U256(integer["args"][0].get<std::uint64_t>()))) ==
        tests::text(integer["result"]));

  const auto& pair = (*vectors)["IntegerAndAddress"];
  const auto address = *parse_address(tests::text(pair["args"][1]));
  const U256 amount(pair["args"][0].get<std::uint64_t>());
  // The vector has the integer first; transfer takes the address first.
  const std::string arguments = to_hex(encode_transfer({address, amount})).substr(8);
  CHECK(arguments.substr(64) + arguments.substr(0, 64) == tests::text(pair["result"]));
}
