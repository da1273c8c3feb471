#include "chains/proven_block.hpp"

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/proof/transfer.hpp"
#include "chains/transfers.hpp"
#include "tests/chains/proof/evidence_data.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::chains::proof::tests;

namespace {

/// Every token of the block, so that all of its transfers are ours.
std::vector<TokenSettings> all_tokens(const proof::ProvenBlock& block) {
  std::vector<TokenSettings> out;
  for (const rpc::Log& log : block.logs) {
    if (!evm::decode_transfer_event(log.topics, log.data)) continue;
    TokenSettings token;
    token.address = log.address;
    out.push_back(token);
  }
  return out;
}

std::vector<SeenTransfer> seen(const proof::ProvenBlock& block,
                               const std::vector<TokenSettings>& tokens) {
  std::vector<SeenTransfer> out;
  for (const rpc::Log& log : block.logs) {
    const auto all = [](const evm::Address&, const evm::Address&) { return true; };
    auto transfer = transfer_of(log, tokens, all);
    if (!transfer || !*transfer) continue;  // one that no amount holds is not ours
    add_proof(block, log, out, **transfer);
    out.push_back(**transfer);
  }
  return out;
}

}  // namespace

TEST_CASE("the transfers of one transaction share its receipt's proof, and each is proven by it") {
  const auto block = answers(kMainnet).prove();
  REQUIRE(block.has_value());
  const auto tokens = all_tokens(*block);
  const auto transfers = seen(*block, tokens);
  REQUIRE(transfers.size() > 100);
  std::size_t shared = 0;
  const SeenTransfer* first = nullptr;
  for (const SeenTransfer& transfer : transfers) {
    if (transfer.receipt_proof.empty()) {
      ++shared;
      REQUIRE(first->tx_hash == transfer.tx_hash);
    } else {
      first = &transfer;
    }
    REQUIRE(transfer.log_in_receipt.has_value());
    const auto proof = proof::transfer_proof(first->receipt_proof, *transfer.log_in_receipt);
    REQUIRE(proof.has_value());
    const auto shown = proof::verify_transfer_proof(*proof);
    REQUIRE(shown.has_value());
    CHECK(shown->token == transfer.token->address);
    CHECK(shown->from == transfer.from);
    CHECK(shown->to == transfer.to);
    CHECK(shown->value == transfer.base_units);
  }
  CHECK(shared > 10);
}

TEST_CASE("transfers of a receipt that is too large to be stored carry no proof") {
  auto block = answers(kMainnet).prove();
  REQUIRE(block.has_value());
  const auto tokens = all_tokens(*block);
  block->header.encoded.resize(proof::kMaxProofBytes);
  for (const SeenTransfer& transfer : seen(*block, tokens)) {
    CHECK(transfer.evidence == Evidence::Proven);
    CHECK(transfer.receipt_proof.empty());
    CHECK_FALSE(transfer.log_in_receipt.has_value());
  }
}
