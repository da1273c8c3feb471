#include "chains/proof/block.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "chains/proof/header_fields.hpp"
#include "chains/proof/receipts.hpp"

namespace settled::chains::proof {
namespace {

namespace fields = rpc::fields;

std::unexpected<Error> corrupt(const char* reason, std::string detail) {
  return fail(Errc::Corrupt, reason, std::move(detail));
}

std::string at(const char* what, std::size_t index) {
  return std::string(what) + " " + std::to_string(index) + " of the block ";
}

/// The hashes that the block's transactions have, as the node says.
Result<std::vector<evm::TxHash>> tx_hashes(const fields::Object& block) {
  TRY(const fields::Array transactions, fields::array_at(block, "transactions"));
  std::vector<evm::TxHash> out;
  out.reserve(transactions.size());
  for (const fields::Value transaction : transactions) {
    fields::Value hash = transaction;
    if (transaction.is_object()) {
      TRY(const fields::Object whole, fields::object(transaction, "transaction"));
      TRY(hash, fields::member(whole, "hash"));
    }
    TRY(const auto decoded, fields::fixed<evm::TxHash>(hash, "transaction hash"));
    out.push_back(decoded);
  }
  return out;
}

Status check_place(const ToldReceipt& told, const evm::BlockHeader& header, std::size_t index,
                   const evm::TxHash& tx_hash) {
  if (told.block_hash != header.hash || told.block_number != header.number ||
      told.tx_index != index || told.tx_hash != tx_hash) {
    return corrupt("receipt_out_of_place",
                   at("receipt", index) + "names another block or transaction");
  }
  return {};
}

Status check_logs(const ToldReceipt& told, std::size_t next_log_index) {
  for (const rpc::Log& log : told.logs) {
    if (log.block_hash != told.block_hash || log.block_number != told.block_number ||
        log.tx_index != told.tx_index || log.tx_hash != told.tx_hash) {
      return corrupt("log_out_of_place",
                     at("log", log.log_index) + "names another block or transaction");
    }
    if (log.log_index != next_log_index) {
      return corrupt("log_index_gap", at("log", next_log_index) + "is not where it should be");
    }
    ++next_log_index;
  }
  return {};
}

Status take_bloom(const ToldReceipt& told, evm::Bloom& of_block) {
  const evm::Bloom made = evm::bloom_of(told.receipt.logs);
  if (made != told.receipt.logs_bloom) {
    return corrupt("receipt_bloom_mismatch",
                   at("receipt", told.tx_index) + "has a bloom that is not its logs'");
  }
  for (std::size_t i = 0; i < made.bytes.size(); ++i) of_block.bytes[i] |= made.bytes[i];
  return {};
}

}  // namespace

Result<ProvenBlock> prove_block(const rpc::Document& block, const rpc::Document& receipts) {
  TRY(const fields::Object block_fields, fields::object(fields::root(block), "block"));
  TRY(ProvenHeader proven, read_header(block_fields));
  const evm::BlockHeader& header = proven.header;
  TRY(const std::vector<evm::TxHash> hashes, tx_hashes(block_fields));
  TRY(const fields::Array list, fields::array(fields::root(receipts), "list of receipts"));
  if (list.size() != hashes.size()) {
    return corrupt("receipt_count_mismatch", "the node tells " + std::to_string(list.size()) +
                                                 " receipts and " + std::to_string(hashes.size()) +
                                                 " transactions");
  }
  std::vector<rpc::Log> logs;
  std::vector<Bytes> encoded;
  encoded.reserve(hashes.size());
  evm::Bloom bloom;
  for (const fields::Value each : list) {
    TRY(ToldReceipt told, read_receipt(each));
    TRY_OK(check_place(told, header, encoded.size(), hashes[encoded.size()]));
    TRY_OK(check_logs(told, logs.size()));
    TRY_OK(take_bloom(told, bloom));
    encoded.push_back(evm::encode_receipt(told.receipt));
    std::ranges::move(told.logs, std::back_inserter(logs));
  }
  if (bloom != header.logs_bloom) {
    return corrupt("header_bloom_mismatch", "the receipts' blooms do not make up the header's");
  }
  evm::ListTrie trie(encoded);
  if (trie.root() != header.receipts_root) {
    return corrupt("receipts_root_mismatch", "the receipts are not those of the header");
  }
  return ProvenBlock{std::move(proven), std::move(logs), std::move(trie)};
}

bool convicts(const Error& error) {
  constexpr std::array<std::string_view, 8> kForgeries = {
      "header_hash_mismatch",  "receipt_count_mismatch", "receipt_out_of_place",
      "log_out_of_place",      "log_index_gap",          "receipt_bloom_mismatch",
      "header_bloom_mismatch", "receipts_root_mismatch"};
  return std::ranges::find(kForgeries, error.reason) != kForgeries.end();
}

}  // namespace settled::chains::proof
