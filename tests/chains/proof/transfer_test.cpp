#include "chains/proof/transfer.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/evm/rlp.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/proof/evidence_data.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::chains::proof;
using namespace settled::chains::proof::tests;

namespace {

ProvenBlock proven(const char* name) {
  auto block = answers(name).prove();
  REQUIRE(block.has_value());
  return *std::move(block);
}

std::vector<rpc::Log> transfers_of(const ProvenBlock& block) {
  std::vector<rpc::Log> out;
  for (const rpc::Log& log : block.logs) {
    if (evm::decode_transfer_event(log.topics, log.data)) out.push_back(log);
  }
  return out;
}

Bytes proof_of(const ProvenBlock& block, const rpc::Log& log) {
  const auto receipt = receipt_proof(block, log.tx_index);
  REQUIRE(receipt.has_value());
  auto proof = transfer_proof(*receipt, log_in_receipt(block, log));
  REQUIRE(proof.has_value());
  return *std::move(proof);
}

/// A proof taken apart, to be put together wrongly.
struct Parts {
  Bytes header;
  std::uint64_t tx_index = 0;
  std::uint64_t log_in_receipt = 0;
  std::vector<Bytes> nodes;

  Bytes join(std::uint8_t version = 1) const {
    evm::RlpWriter writer;
    writer.begin_list();
    writer.bytes(header);
    writer.integer(tx_index);
    writer.integer(log_in_receipt);
    writer.begin_list();
    for (const Bytes& node : nodes) writer.bytes(node);
    writer.end_list();
    writer.end_list();
    Bytes out = writer.take();
    out.insert(out.begin(), version);
    return out;
  }
};

Bytes owned(BytesView view) {
  return {view.begin(), view.end()};
}

Parts split(const Bytes& proof) {
  evm::RlpReader whole(BytesView(proof).subspan(1));
  auto fields = whole.list();
  Parts out;
  out.header = owned(*fields->bytes());
  out.tx_index = *fields->integer64();
  out.log_in_receipt = *fields->integer64();
  auto nodes = fields->list();
  while (!nodes->done()) out.nodes.push_back(owned(*nodes->bytes()));
  return out;
}

std::string refusal(const Bytes& proof) {
  const auto transfer = verify_transfer_proof(proof);
  return transfer ? "" : transfer.error().reason;
}

}  // namespace

TEST_CASE("every transfer of a mainnet block is proven by some bytes alone") {
  const ProvenBlock block = proven(kMainnet);
  const auto transfers = transfers_of(block);
  CHECK(transfers.size() > 100);
  for (const rpc::Log& log : transfers) {
    const Bytes proof = proof_of(block, log);
    const auto transfer = verify_transfer_proof(proof);
    REQUIRE(transfer.has_value());
    const auto event = evm::decode_transfer_event(log.topics, log.data);
    CHECK(transfer->block == log.block_hash);
    CHECK(transfer->block_number == 21'925'176);
    CHECK(transfer->tx_index == log.tx_index);
    CHECK(transfer->token == log.address);
    CHECK(transfer->from == event->from);
    CHECK(transfer->to == event->to);
    CHECK(transfer->value == event->value);
    CHECK(proof.size() < 16'384);
  }
}

TEST_CASE("transfers of all types of transactions are proven") {
  const char* name = GENERATE(as<const char*>{}, kTypes, "anvil_deposit.json");
  const ProvenBlock block = proven(name);
  for (const rpc::Log& log : transfers_of(block)) {
    const auto transfer = verify_transfer_proof(proof_of(block, log));
    REQUIRE(transfer.has_value());
    CHECK(transfer->value ==
          evm::U256((log.tx_index + (std::string(name) == kTypes ? 1 : 6)) * 1'000'001));
  }
}

TEST_CASE("a damaged proof proves nothing of the block that it was made of") {
  const ProvenBlock block = proven(kTypes);
  const auto transfers = transfers_of(block);
  const Bytes proof = proof_of(block, transfers.at(2));
  const auto honest = verify_transfer_proof(proof);
  REQUIRE(honest.has_value());
  for (std::size_t i = 0; i < proof.size(); ++i) {
    for (const auto mask : std::initializer_list<std::uint8_t>{0x01, 0x80, 0xFF}) {
      Bytes damaged = proof;
      damaged[i] ^= mask;
      INFO("byte " << i << ", mask " << int{mask});
      // A header can be damaged and still be one: of a block that nobody has.
      const auto transfer = verify_transfer_proof(damaged);
      CHECK((!transfer || transfer->block != honest->block));
    }
  }
  for (std::size_t size = 0; size < proof.size(); ++size) {
    CHECK_FALSE(
        refusal(Bytes(proof.begin(), proof.begin() + static_cast<std::ptrdiff_t>(size))).empty());
  }
}

TEST_CASE("each part of a proof is refused by name") {
  const ProvenBlock block = proven(kMainnet);
  const auto transfers = transfers_of(block);
  const Parts honest = split(proof_of(block, transfers.front()));
  const Parts other = split(proof_of(block, transfers.back()));
  REQUIRE(refusal(honest.join()).empty());
  REQUIRE(honest.nodes.size() >= 3);
  REQUIRE(honest.tx_index != other.tx_index);
  Parts forged = honest;
  SECTION("another version") {
    CHECK(refusal(honest.join(2)) == "proof_malformed");
  }
  SECTION("nothing") {
    CHECK(refusal({}) == "proof_malformed");
  }
  SECTION("a byte behind it") {
    Bytes longer = honest.join();
    longer.push_back(0);
    CHECK(refusal(longer) == "proof_malformed");
  }
  SECTION("too many nodes") {
    forged.nodes.resize(17);
    CHECK(refusal(forged.join()) == "proof_malformed");
  }
  SECTION("too large") {
    forged.nodes.emplace_back(kMaxProofBytes, std::uint8_t{0});
    CHECK(refusal(forged.join()) == "proof_too_large");
  }
  SECTION("the header cut") {
    forged.header.pop_back();
    CHECK(refusal(forged.join()) == "header_malformed");
  }
  SECTION("another receipts root") {
    forged.header[4 + 33 + 33 + 21 + 33 + 33] ^= 1;
    CHECK(refusal(forged.join()) == "trie_node_mismatch");
  }
  SECTION("the root's node missing") {
    forged.nodes.erase(forged.nodes.begin());
    CHECK(refusal(forged.join()) == "trie_node_mismatch");
  }
  SECTION("the receipt's node missing") {
    forged.nodes.pop_back();
    CHECK(refusal(forged.join()) == "trie_node_missing");
  }
  SECTION("no nodes") {
    forged.nodes.clear();
    CHECK(refusal(forged.join()) == "trie_node_missing");
  }
  SECTION("a node twice") {
    forged.nodes.push_back(forged.nodes.back());
    CHECK(refusal(forged.join()) == "trie_node_unused");
  }
  SECTION("the receipt of another transaction") {
    forged.nodes = other.nodes;
    CHECK(refusal(forged.join()) == "trie_node_mismatch");
  }
  SECTION("a changed amount in the receipt") {
    forged.nodes.back().back() ^= 1;
    CHECK(refusal(forged.join()) == "trie_node_mismatch");
  }
  SECTION("another transaction index") {
    forged.tx_index = other.tx_index;
    CHECK(refusal(forged.join()) == "trie_node_mismatch");
  }
  SECTION("an index that the block does not have") {
    forged.tx_index = 60'000;
    CHECK_FALSE(refusal(forged.join()).empty());
  }
  SECTION("a log that the receipt does not have") {
    forged.log_in_receipt = 1'000;
    CHECK(refusal(forged.join()) == "log_absent");
  }
}

TEST_CASE("a log that is no transfer has a proof, and it proves no transfer") {
  const ProvenBlock block = proven(kMainnet);
  const auto other = std::ranges::find_if(block.logs, [](const rpc::Log& log) {
    return !evm::decode_transfer_event(log.topics, log.data);
  });
  REQUIRE(other != block.logs.end());
  CHECK(refusal(proof_of(block, *other)) == "not_a_transfer");
}

TEST_CASE("a failed transaction's receipt proves no transfer, whatever logs it claims") {
  // No chain makes such a block: header and trie are made here.
  evm::Receipt receipt;
  const ProvenBlock block = proven(kTypes);
  const rpc::Log& log = block.logs.front();
  receipt.logs.push_back({log.address, log.topics, log.data});
  const std::vector<Bytes> receipts = {evm::encode_receipt(receipt)};
  const evm::ListTrie trie(receipts);
  Parts made = split(proof_of(block, log));
  std::ranges::copy(trie.root().bytes, made.header.begin() + 4 + 33 + 33 + 21 + 33 + 33 - 1 + 1);
  made.tx_index = 0;
  made.nodes = trie.prove(0);
  CHECK(refusal(made.join()) == "transaction_failed");
}

TEST_CASE("a stored proof that cannot be read is refused") {
  const ProvenBlock block = proven(kTypes);
  const Bytes stored = receipt_proof(block, 0).value();
  REQUIRE(transfer_proof(stored, 0).has_value());
  for (std::size_t size = 0; size < stored.size(); ++size) {
    const auto proof = transfer_proof(BytesView(stored).first(size), 0);
    REQUIRE_FALSE(proof.has_value());
    CHECK(proof.error().reason == "proof_malformed");
  }
  Bytes longer = stored;
  longer.push_back(0);
  CHECK_FALSE(transfer_proof(longer, 0).has_value());
}

TEST_CASE("a receipt too large for a proof is refused when the proof is made") {
  ProvenBlock block = proven(kTypes);
  evm::Receipt receipt;
  receipt.outcome = true;
  receipt.logs.push_back({{}, {}, Bytes(kMaxProofBytes, 0)});
  const std::vector<Bytes> receipts = {evm::encode_receipt(receipt)};
  block.receipts = evm::ListTrie(receipts);
  block.logs.resize(1);
  const auto proof = receipt_proof(block, block.logs.front().tx_index);
  REQUIRE_FALSE(proof.has_value());
  CHECK(proof.error().reason == "proof_too_large");
}
