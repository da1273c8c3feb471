#include "chains/rpc/log_fields.hpp"

#include "chains/evm/receipt.hpp"

namespace settled::chains::rpc {

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

}  // namespace settled::chains::rpc
