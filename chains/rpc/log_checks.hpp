#pragma once

#include <cstdint>
#include <vector>

#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// Which logs were asked for: of `topic0` by any of `addresses`.
struct LogQuestion {
  std::vector<Address> addresses;
  evm::Hash topic0;
};

/// Sorts logs by block number and log index, and holds them against the question and the range they
/// were asked for. eth_getLogs is bound by nothing in a header, so every contradiction counts.
/// Pure. Corrupt `logs_not_asked_for`, `duplicate_log`, `logs_of_another_block` (two hashes for one
/// number, or a block out of the range).
Status check_logs(std::vector<Log>& logs, const LogQuestion& question, std::uint64_t from,
                  std::uint64_t to);

/// Corrupt `logs_of_another_block` if a log claims the header's number and another hash. Pure.
Status bind_to_header(const std::vector<Log>& logs, const Header& header);

/// True if the header's bloom allows a log of the question by an address that has none in `logs`. A
/// bloom has no false negatives; one of zeros says that the block has no logs. Pure.
bool may_lack_logs(const std::vector<Log>& logs, const Header& header, const LogQuestion& question);

}  // namespace settled::chains::rpc
