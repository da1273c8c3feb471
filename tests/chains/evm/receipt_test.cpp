#include "chains/evm/receipt.hpp"

#include <catch2/catch.hpp>

#include "chains/evm/header.hpp"
#include "chains/evm/rlp.hpp"
#include "chains/evm/transaction.hpp"
#include "chains/evm/trie.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

Receipt receipt_of_type(std::uint8_t type) {
  Receipt out;
  out.type = type;
  out.outcome = true;
  out.cumulative_gas_used = 52'121;
  out.logs = {{{{1, 2, 3}}, {Hash{{4}}, Hash{{5}}}, Bytes{6, 7}}, {{{8}}, {}, {}}};
  out.logs_bloom = bloom_of(out.logs);
  return out;
}

std::string refusal(const Bytes& encoded) {
  const auto receipt = decode_receipt(encoded);
  return receipt ? "" : receipt.error().reason;
}

}  // namespace

TEST_CASE("receipts of all types survive their encoding") {
  const auto type = GENERATE(as<std::uint8_t>{}, 0, 1, 2, 3, 4, kDepositReceipt);
  Receipt receipt = receipt_of_type(type);
  SECTION("with a status") {}
  SECTION("failed") {
    receipt.outcome = false;
  }
  SECTION("with a state root") {
    receipt.outcome = Hash{{9, 9}};
  }
  SECTION("without logs") {
    receipt.logs.clear();
  }
  SECTION("with a nonce") {
    if (type == kDepositReceipt) {
      receipt.deposit_nonce = 0;
      receipt.deposit_version = 1;
    }
  }
  const Bytes encoded = encode_receipt(receipt);
  CHECK((type == 0 ? encoded.front() >= 0xC0 : encoded.front() == type));
  CHECK(decode_receipt(encoded) == receipt);
}

TEST_CASE("each piece of a cut receipt is refused") {
  const Bytes encoded = encode_receipt(receipt_of_type(2));
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    CHECK_FALSE(refusal(Bytes(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size)))
                    .empty());
  }
  Bytes longer = encoded;
  longer.push_back(0);
  CHECK(refusal(longer) == "invalid_rlp");
}

TEST_CASE("receipts that no chain makes are refused") {
  Bytes encoded = encode_receipt(receipt_of_type(2));
  encoded.front() = GENERATE(as<std::uint8_t>{}, 0, 5, 0x64, 0x6A, 0x7D, 0x7F);
  CHECK(refusal(encoded) == "unsupported_receipt_type");

  RlpWriter writer;
  writer.begin_list();
  writer.integer(std::uint64_t{2});  // neither failed nor succeeded
  writer.integer(std::uint64_t{1});
  writer.bytes(Bloom{}.view());
  writer.begin_list();
  writer.end_list();
  writer.end_list();
  CHECK(refusal(writer.take()) == "invalid_receipt");
}

TEST_CASE("a log has at most four topics") {
  const auto reason = [](std::size_t topics) {
    RlpWriter writer;
    writer.begin_list();
    writer.integer(std::uint64_t{1});
    writer.integer(std::uint64_t{52'121});
    writer.bytes(Bloom{}.view());
    writer.begin_list();
    writer.begin_list();
    writer.bytes(Address{}.view());
    writer.begin_list();
    for (std::size_t i = 0; i < topics; ++i) writer.bytes(Hash{{4}}.view());
    writer.end_list();
    writer.bytes(Bytes{6, 7});
    writer.end_list();
    writer.end_list();
    writer.end_list();
    return refusal(writer.take());
  };
  CHECK(reason(4).empty());
  CHECK(reason(5) == "invalid_receipt");
}

TEST_CASE("only a deposit's receipt has more than four fields") {
  Receipt deposit = receipt_of_type(kDepositReceipt);
  deposit.deposit_nonce = 7;
  deposit.deposit_version = 1;
  Bytes encoded = encode_receipt(deposit);
  REQUIRE(decode_receipt(encoded) == deposit);
  encoded.front() = 2;
  CHECK(refusal(encoded) == "invalid_rlp");
}

TEST_CASE("the headers of ethereum/tests are read, with the hashes they have there") {
  std::size_t read = 0;
  for (const auto& file : tests::vector_files("ethereum-tests/BlockchainTests")) {
    for (const auto& [name, test] : tests::load_json(file).items()) {
      const auto of_block = [&](const nlohmann::json& told, BytesView encoded) {
        CAPTURE(name);
        const auto header = decode_header(encoded);
        REQUIRE(header.has_value());
        CHECK(to_0x(header->hash.view()) == tests::text(told["hash"]));
        CHECK(to_0x(header->receipts_root.view()) == tests::text(told["receiptTrie"]));
        CHECK(to_0x(header->logs_bloom.view()) == tests::text(told["bloom"]));
        ++read;
      };
      for (const auto& block : test["blocks"]) {
        if (!block.contains("blockHeader")) continue;
        const Bytes rlp = tests::unhex(block["rlp"]);
        RlpReader parts(read_rlp(rlp)->payload);
        // The header is the first item; its bytes begin where the payload does.
        const auto header = parts.next();
        const BytesView payload = read_rlp(rlp)->payload;
        const auto size = static_cast<std::size_t>(header->payload.data() - payload.data()) +
                          header->payload.size();
        of_block(block["blockHeader"], payload.first(size));
      }
    }
  }
  INFO("headers: " << read);
  CHECK((read == 0 || read == 9));  // all that the files hold, or no vectors
}

TEST_CASE("what is no header is refused") {
  const auto refused = [](const Bytes& bytes) {
    const auto header = decode_header(bytes);
    return header ? std::string() : header.error().reason;
  };
  CHECK(refused({}) == "invalid_rlp");
  CHECK(refused({0x80}) == "invalid_rlp");
  CHECK(refused({0xC0}) == "invalid_rlp");
  CHECK(refused(Bytes(kMaxHeaderBytes + 1, 0)) == "invalid_header");
  RlpWriter writer;
  writer.begin_list();
  for (const std::size_t size : std::initializer_list<std::size_t>{32, 32, 20, 32, 32, 32, 256})
    writer.bytes(Bytes(size, 1));
  for (int i = 0; i < 5; ++i) writer.integer(std::uint64_t{1});
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 32, 8})
    writer.bytes(Bytes(size, 1));
  SECTION("nothing behind the nonce is a header of Frontier") {
    writer.end_list();
    CHECK(refused(writer.take()).empty());
  }
  SECTION("a list is no field") {
    writer.begin_list();
    writer.end_list();
    writer.end_list();
    CHECK(refused(writer.take()) == "invalid_rlp");
  }
  SECTION("more fields than forks can have brought") {
    for (std::size_t i = 15; i <= kMaxHeaderFields; ++i) writer.integer(std::uint64_t{1});
    writer.end_list();
    CHECK(refused(writer.take()) == "invalid_header");
  }
}
