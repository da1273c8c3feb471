#include "chains/rpc/decode.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

#include "chains/evm/receipt.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::Corrupt, "bad_answer", "the node's answer has no valid " + std::string(what));
}

Result<std::string_view> text(const json& value, std::string_view what) {
  if (!value.is_string()) return bad(what);
  return value.get_ref<const std::string&>();
}

Result<const json*> member(const json& object, const char* name) {
  if (!object.is_object()) return bad(name);
  const auto found = object.find(name);
  if (found == object.end()) return bad(name);
  return &*found;
}

bool is_absent(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null();
}

// The node's hexadecimal always has its prefix; ours may go without.
Result<std::string_view> prefixed(const json& value, std::string_view what) {
  TRY(const std::string_view digits, text(value, what));
  if (!digits.starts_with("0x")) return bad(what);
  return digits;
}

template <typename T>
Result<T> fixed(const json& value, std::string_view what) {
  TRY(const std::string_view digits, prefixed(value, what));
  auto out = fixed_from_hex<T>(digits);
  if (!out) return bad(what);
  return *out;
}

template <typename T>
Result<T> fixed_at(const json& object, const char* name) {
  TRY(const json* value, member(object, name));
  return fixed<T>(*value, name);
}

Result<U256> quantity_at(const json& object, const char* name) {
  TRY(const json* value, member(object, name));
  auto out = decode_quantity(*value);
  if (!out) return bad(name);
  return out;
}

Result<std::uint64_t> quantity64_at(const json& object, const char* name) {
  TRY(const json* value, member(object, name));
  auto out = decode_quantity64(*value);
  if (!out) return bad(name);
  return out;
}

Result<std::uint32_t> index_at(const json& object, const char* name) {
  TRY(const std::uint64_t value, quantity64_at(object, name));
  // Nodes have answered negative indexes as huge ones.
  if (value > std::numeric_limits<std::int32_t>::max()) return bad(name);
  return static_cast<std::uint32_t>(value);
}

Result<bool> is_removed(const json& log) {
  if (is_absent(log, "removed")) return false;
  const json& removed = log["removed"];
  if (!removed.is_boolean()) return bad("removed");
  return removed.get<bool>();
}

}  // namespace

Result<U256> decode_quantity(const json& value) {
  TRY(const std::string_view digits, text(value, "quantity"));
  auto out = evm::parse_quantity(digits);
  if (!out) return bad("quantity");
  return out;
}

std::optional<std::uint64_t> decode_syncing(const json& answer) {
  if (!answer.is_object()) return std::nullopt;
  const auto number = [&](const char* name) -> std::optional<std::uint64_t> {
    const auto field = answer.find(name);
    if (field == answer.end()) return std::nullopt;
    const auto value = decode_quantity64(*field);
    return value ? std::optional(*value) : std::nullopt;
  };
  const auto current = number("currentBlock");
  const auto highest = number("highestBlock");
  if (!current || !highest) return UINT64_MAX;
  return *highest > *current ? *highest - *current : 0;
}

Result<std::uint64_t> decode_quantity64(const json& value) {
  TRY(const std::string_view digits, text(value, "quantity"));
  auto out = evm::parse_quantity64(digits);
  if (!out) return bad("quantity");
  return out;
}

Result<Bytes> decode_data(const json& value) {
  TRY(const std::string_view digits, prefixed(value, "data"));
  auto out = from_hex(digits);
  if (!out) return bad("data");
  return out;
}

Result<TxHash> decode_tx_hash(const json& value) {
  return fixed<TxHash>(value, "transaction hash");
}

Result<Log> decode_log(const json& log) {
  if (!log.is_object()) return bad("log");
  TRY(const bool removed, is_removed(log));
  if (removed) return fail(Errc::Corrupt, "removed_log", "the node answered a log it took back");
  Log out;
  TRY(out.address, fixed_at<Address>(log, "address"));
  TRY(out.block_hash, fixed_at<BlockHash>(log, "blockHash"));
  TRY(out.block_number, quantity64_at(log, "blockNumber"));
  TRY(out.tx_hash, fixed_at<TxHash>(log, "transactionHash"));
  TRY(out.tx_index, index_at(log, "transactionIndex"));
  TRY(out.log_index, index_at(log, "logIndex"));
  TRY(const json* data, member(log, "data"));
  TRY(out.data, decode_data(*data));
  TRY(const json* topics, member(log, "topics"));
  if (!topics->is_array() || topics->size() > evm::kMaxTopics) return bad("topics");
  for (const json& topic : *topics) {
    TRY(const evm::Hash decoded, fixed<evm::Hash>(topic, "topic"));
    out.topics.push_back(decoded);
  }
  return out;
}

Result<std::vector<Log>> decode_logs(const json& logs) {
  if (!logs.is_array()) return bad("list of logs");
  std::vector<Log> out;
  out.reserve(logs.size());
  for (const json& log : logs) {
    TRY(Log decoded, decode_log(log));
    out.push_back(std::move(decoded));
  }
  return out;
}

Result<Receipt> decode_receipt(const json& receipt) {
  Receipt out;
  TRY(out.tx_hash, fixed_at<TxHash>(receipt, "transactionHash"));
  TRY(out.block_hash, fixed_at<BlockHash>(receipt, "blockHash"));
  TRY(out.block_number, quantity64_at(receipt, "blockNumber"));
  TRY(const std::uint64_t status, quantity64_at(receipt, "status"));
  if (status > 1) return bad("status");
  out.succeeded = status == 1;
  TRY(out.gas_used, quantity64_at(receipt, "gasUsed"));
  TRY(out.effective_gas_price, quantity_at(receipt, "effectiveGasPrice"));
  if (!is_absent(receipt, "l1Fee")) {
    TRY(out.l1_fee, quantity_at(receipt, "l1Fee"));
  }
  TRY(const json* logs, member(receipt, "logs"));
  TRY(out.logs, decode_logs(*logs));
  const bool own = std::ranges::all_of(out.logs, [&](const Log& log) {
    return log.tx_hash == out.tx_hash && log.block_hash == out.block_hash &&
           log.block_number == out.block_number;
  });
  if (!own) return bad("logs: they are of another transaction or block");
  return out;
}

Result<Transaction> decode_transaction(const json& transaction) {
  Transaction out;
  TRY(out.hash, fixed_at<TxHash>(transaction, "hash"));
  if (!is_absent(transaction, "blockNumber")) {
    TRY(out.block_number, quantity64_at(transaction, "blockNumber"));
  }
  TRY(out.from, fixed_at<Address>(transaction, "from"));
  if (!is_absent(transaction, "to")) {
    TRY(out.to, fixed_at<Address>(transaction, "to"));
  }
  TRY(out.value, quantity_at(transaction, "value"));
  return out;
}

Result<Fees> decode_fee_history(const json& history) {
  TRY(const json* base_fees, member(history, "baseFeePerGas"));
  if (!base_fees->is_array() || base_fees->empty()) return bad("baseFeePerGas");
  Fees out;
  TRY(out.base_fee, decode_quantity(base_fees->back()));
  if (is_absent(history, "reward")) return out;
  const json& rewards = history["reward"];
  if (!rewards.is_array()) return bad("reward");
  std::vector<U256> paid;
  for (const json& of_block : rewards) {
    if (!of_block.is_array() || of_block.empty()) return bad("reward");
    TRY(U256 reward, decode_quantity(of_block.front()));
    if (reward != 0) paid.push_back(std::move(reward));  // an empty block tells zero
  }
  if (paid.empty()) return out;
  const auto middle = paid.begin() + static_cast<std::ptrdiff_t>(paid.size() / 2);
  std::ranges::nth_element(paid, middle);
  out.priority_fee = *middle;
  return out;
}

json encode_block(const BlockTag& tag) {
  if (const auto* number = std::get_if<std::uint64_t>(&tag)) return evm::to_quantity(*number);
  if (const auto* hash = std::get_if<BlockHash>(&tag)) {
    json out = json::object();
    out["blockHash"] = to_0x(hash->view());
    out["requireCanonical"] = true;
    return out;
  }
  switch (std::get<Tag>(tag)) {
    case Tag::Latest:
      return "latest";
    case Tag::Safe:
      return "safe";
    case Tag::Finalized:
      return "finalized";
    case Tag::Pending:
      return "pending";
  }
  std::unreachable();
}

}  // namespace settled::chains::rpc
