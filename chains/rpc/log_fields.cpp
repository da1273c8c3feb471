#include "chains/rpc/log_fields.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "chains/evm/receipt.hpp"

namespace settled::chains::rpc {
namespace {

constexpr std::uint64_t kMaxTimestamp = 253'402'300'799;  // the end of the year 9999

enum LogField : std::size_t {
  kAddress,
  kTopics,
  kData,
  kBlockHash,
  kBlockNumber,
  kTxHash,
  kTxIndex,
  kLogIndex,
  kRequired,
  kRemoved = kRequired,
};
constexpr std::array<std::string_view, 9> kLogFields{
    "address",         "topics",           "data",     "blockHash", "blockNumber",
    "transactionHash", "transactionIndex", "logIndex", "removed"};

Status read_topics(const fields::Value& value, evm::Topics& out) {
  TRY(const fields::Array topics, fields::array(value, "topics"));
  for (const fields::Value topic : topics) {
    if (out.size() == evm::kMaxTopics) return fields::bad("topics");
    TRY_OK(fields::fixed(topic, "topic", out.emplace_back().bytes));
  }
  return {};
}

/// Where the log lies: an answer has tens of thousands.
Status read_into(Log& out, const fields::Value& log) {
  std::array<std::optional<fields::Value>, kLogFields.size()> told;
  TRY_OK(fields::pick(log, kLogFields, kRequired, told, "log"));
  if (told[kRemoved]) {
    TRY(const bool removed, fields::flag(*told[kRemoved], "removed"));
    if (removed) return fail(Errc::Corrupt, "removed_log", "the node answered a log it took back");
  }
  TRY_OK(fields::fixed(*told[kAddress], "address", out.address.bytes));
  TRY_OK(read_topics(*told[kTopics], out.topics));
  TRY_OK(fields::data(*told[kData], "data", out.data));
  TRY_OK(fields::fixed(*told[kBlockHash], "blockHash", out.block_hash.bytes));
  TRY(out.block_number, fields::quantity64(*told[kBlockNumber], "blockNumber"));
  TRY_OK(fields::fixed(*told[kTxHash], "transactionHash", out.tx_hash.bytes));
  TRY(out.tx_index, fields::index(*told[kTxIndex], "transactionIndex"));
  TRY(out.log_index, fields::index(*told[kLogIndex], "logIndex"));
  return {};
}

}  // namespace

Result<Log> read_log(const fields::Value& log) {
  Log out;
  TRY_OK(read_into(out, log));
  return out;
}

Result<std::vector<Log>> read_logs(const fields::Value& logs) {
  TRY(const fields::Array array, fields::array(logs, "list of logs"));
  std::vector<Log> out;
  out.reserve(array.size());
  for (const fields::Value log : array) TRY_OK(read_into(out.emplace_back(), log));
  return out;
}

Result<Header> read_header(const fields::Value& block) {
  TRY(const fields::Object object, fields::object(block, "block"));
  Header out;
  TRY(out.number, fields::quantity64_at(object, "number"));
  TRY(out.hash, fields::fixed_at<BlockHash>(object, "hash"));
  TRY(out.parent, fields::fixed_at<BlockHash>(object, "parentHash"));
  TRY(out.logs_bloom, fields::fixed_at<evm::Bloom>(object, "logsBloom"));
  TRY(const std::uint64_t timestamp, fields::quantity64_at(object, "timestamp"));
  if (timestamp > kMaxTimestamp) return fields::bad("timestamp");
  out.time = Time{std::chrono::seconds(timestamp)};
  if (!fields::is_absent(object, "baseFeePerGas")) {
    TRY(out.base_fee, fields::quantity_at(object, "baseFeePerGas"));
  }
  return out;
}

Result<Header> read_header_of(const Document& answer, const BlockTag& asked) {
  if (answer.is_null()) return fail(Errc::NotFound, "no_such_block", "the node has no such block");
  TRY(Header header, read_header(fields::root(answer)));
  const auto* number = std::get_if<std::uint64_t>(&asked);
  const auto* hash = std::get_if<BlockHash>(&asked);
  if ((number && header.number != *number) || (hash && header.hash != *hash)) {
    return fail(Errc::Corrupt, "another_block", "the node answered another block than asked for");
  }
  return header;
}

}  // namespace settled::chains::rpc
