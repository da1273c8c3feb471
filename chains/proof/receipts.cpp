#include "chains/proof/receipts.hpp"

#include <string>
#include <utility>

#include "chains/rpc/log_fields.hpp"

namespace settled::chains::proof {
namespace {

namespace fields = rpc::fields;

/// Absent in what nodes told before Berlin.
Result<std::uint8_t> type_of(const fields::Object& object) {
  if (fields::is_absent(object, "type")) return std::uint8_t{0};
  TRY(const std::uint64_t type, fields::quantity64_at(object, "type"));
  if (!evm::is_known_receipt_type(type)) {
    return fail(Errc::Corrupt, "unsupported_receipt_type",
                "receipts of type " + std::to_string(type) + " are not known");
  }
  return static_cast<std::uint8_t>(type);
}

Result<std::variant<bool, evm::Hash>> outcome_of(const fields::Object& object) {
  using Outcome = std::variant<bool, evm::Hash>;
  if (fields::is_absent(object, "status")) {
    TRY(const auto root, fields::fixed_at<evm::Hash>(object, "root"));
    return Outcome(root);
  }
  TRY(const std::uint64_t status, fields::quantity64_at(object, "status"));
  if (status > 1) return fields::bad("status");
  return Outcome(status == 1);
}

}  // namespace

Result<ToldReceipt> read_receipt(const fields::Value& value) {
  TRY(const fields::Object object, fields::object(value, "receipt"));
  ToldReceipt out;
  evm::Receipt& receipt = out.receipt;
  TRY(receipt.type, type_of(object));
  TRY(receipt.outcome, outcome_of(object));
  TRY(receipt.cumulative_gas_used, fields::quantity64_at(object, "cumulativeGasUsed"));
  TRY(receipt.logs_bloom, fields::fixed_at<evm::Bloom>(object, "logsBloom"));
  if (receipt.type == evm::kDepositReceipt && !fields::is_absent(object, "depositReceiptVersion")) {
    TRY(receipt.deposit_nonce, fields::quantity64_at(object, "depositNonce"));
    TRY(receipt.deposit_version, fields::quantity64_at(object, "depositReceiptVersion"));
  }
  TRY(out.tx_hash, fields::fixed_at<evm::TxHash>(object, "transactionHash"));
  TRY(out.tx_index, fields::index_at(object, "transactionIndex"));
  TRY(out.block_hash, fields::fixed_at<evm::BlockHash>(object, "blockHash"));
  TRY(out.block_number, fields::quantity64_at(object, "blockNumber"));
  TRY(const fields::Array logs, fields::array_at(object, "logs"));
  out.logs.reserve(logs.size());
  receipt.logs.reserve(logs.size());
  for (const fields::Value each : logs) {
    TRY(rpc::Log log, rpc::read_log(each));
    receipt.logs.push_back({log.address, log.topics, log.data});
    out.logs.push_back(std::move(log));
  }
  return out;
}

}  // namespace settled::chains::proof
