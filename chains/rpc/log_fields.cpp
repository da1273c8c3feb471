#include "chains/rpc/log_fields.hpp"

#include <chrono>
#include <utility>

#include "chains/evm/receipt.hpp"

namespace settled::chains::rpc {
namespace {

constexpr std::uint64_t kMaxTimestamp = 253'402'300'799;  // the end of the year 9999

}  // namespace

Result<Log> read_log(const fields::Value& log) {
  TRY(const fields::Object object, fields::object(log, "log"));
  TRY(const bool removed, fields::flag_at(object, "removed"));
  if (removed) return fail(Errc::Corrupt, "removed_log", "the node answered a log it took back");
  Log out;
  TRY(out.address, fields::fixed_at<Address>(object, "address"));
  TRY(const fields::Array topics, fields::array_at(object, "topics"));
  if (topics.size() > evm::kMaxTopics) return fields::bad("topics");
  out.topics.reserve(topics.size());
  for (const fields::Value topic : topics) {
    TRY(const evm::Hash decoded, fields::fixed<evm::Hash>(topic, "topic"));
    out.topics.push_back(decoded);
  }
  TRY(out.data, fields::data_at(object, "data"));
  TRY(out.block_hash, fields::fixed_at<BlockHash>(object, "blockHash"));
  TRY(out.block_number, fields::quantity64_at(object, "blockNumber"));
  TRY(out.tx_hash, fields::fixed_at<TxHash>(object, "transactionHash"));
  TRY(out.tx_index, fields::index_at(object, "transactionIndex"));
  TRY(out.log_index, fields::index_at(object, "logIndex"));
  return out;
}

Result<std::vector<Log>> read_logs(const fields::Value& logs) {
  TRY(const fields::Array array, fields::array(logs, "list of logs"));
  std::vector<Log> out;
  out.reserve(array.size());
  for (const fields::Value log : array) {
    TRY(Log decoded, read_log(log));
    out.push_back(std::move(decoded));
  }
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
