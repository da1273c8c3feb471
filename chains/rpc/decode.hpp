#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// Field names and forms of Ethereum's JSON-RPC (the execution-apis specification); log_fields.hpp
/// knows those of blocks and logs. Pure. Whatever is missing or malformed is Corrupt `bad_answer`.
/// Corrupt `removed_log` for a log that the node has taken back.
Result<Log> decode_log(const nlohmann::json& log);
Result<std::vector<Log>> decode_logs(const nlohmann::json& logs);
Result<Receipt> decode_receipt(const nlohmann::json& receipt);
Result<Transaction> decode_transaction(const nlohmann::json& transaction);
/// The next block's base fee and the median reward of blocks that paid one; zero if none did.
Result<Fees> decode_fee_history(const nlohmann::json& history);

Result<U256> decode_quantity(const nlohmann::json& value);
Result<std::uint64_t> decode_quantity64(const nlohmann::json& value);
/// Of eth_syncing: how many blocks the node says it lacks, UINT64_MAX where it does not say,
/// nothing where it answers `false` or something else that is no object.
std::optional<std::uint64_t> decode_syncing(const nlohmann::json& answer);
Result<Bytes> decode_data(const nlohmann::json& value);
Result<TxHash> decode_tx_hash(const nlohmann::json& value);

/// A tag or number as a string, a hash as EIP-1898's object.
nlohmann::json encode_block(const BlockTag& tag);

}  // namespace settled::chains::rpc
