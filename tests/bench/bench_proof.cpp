#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "chains/proof/block.hpp"
#include "chains/proof/transfer.hpp"
#include "tests/bench/figures.hpp"

// What evidence costs: a mainnet block of 463 logs parsed and proven, against parsing the same text
// into the tree that small answers are read from.

namespace settled::bench {
namespace {

using nlohmann::json;
namespace proof = chains::proof;

constexpr int kRounds = 60;

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().reason << ": " << result.error().detail << '\n';
  std::exit(1);
}

struct Texts {
  std::string block;
  std::string receipts;
};

Texts mainnet_block() {
  std::ifstream stream(SETTLED_SOURCE_DIR "/tests/data/evidence/mainnet_21925176.json");
  const json file = json::parse(stream);
  return {file["block"].dump(), file["receipts"].dump()};
}

proof::ProvenBlock prove(const Texts& texts) {
  const auto block = must(chains::rpc::Document::parse(texts.block));
  const auto receipts = must(chains::rpc::Document::parse(texts.receipts));
  return must(proof::prove_block(block, receipts));
}

void run() {
  const Texts texts = mainnet_block();
  std::vector<double> proven;
  std::vector<double> parsed;
  std::size_t logs = 0;
  for (int i = 0; i < kRounds; ++i) {
    SteadyTime begin = std::chrono::steady_clock::now();
    logs = prove(texts).logs.size();
    proven.push_back(microseconds_since(begin) / 1000);
    begin = std::chrono::steady_clock::now();
    const json block = json::parse(texts.block);
    const json receipts = json::parse(texts.receipts);
    parsed.push_back(microseconds_since(begin) / 1000);
    if (receipts.size() != block["transactions"].size()) std::exit(1);
  }
  const proof::ProvenBlock block = prove(texts);
  SteadyTime begin = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  std::size_t transfers = 0;
  for (const chains::rpc::Log& log : block.logs) {
    const Bytes receipt = must(proof::receipt_proof(block, log.tx_index));
    const Bytes made = must(proof::transfer_proof(receipt, proof::log_in_receipt(block, log)));
    bytes += made.size();
    if (proof::verify_transfer_proof(made)) ++transfers;
  }
  const double each = microseconds_since(begin) / static_cast<double>(block.logs.size());
  const double value = percentile(proven, 0.5);
  const double reference = percentile(parsed, 0.5);
  std::cerr << std::fixed << std::setprecision(2) << "proof_block_ms: " << logs
            << " logs proven in " << value << " ms; the same text parsed into a tree in "
            << reference << " ms; a log's "
            << "proof made and read in " << each << " us\n";
  std::cout << to_json(
                   {"proof_block_ms",
                    value,
                    "ms",
                    reference,
                    {{"logs", static_cast<double>(logs)},
                     {"transfers", static_cast<double>(transfers)},
                     {"log_proof_us", each},
                     {"log_proof_bytes", static_cast<double>(bytes) / static_cast<double>(logs)}}})
            << "\n";
}

}  // namespace
}  // namespace settled::bench

int main() {
  settled::bench::run();
}
