#include "chains/rpc/log_checks.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace settled::chains::rpc {
namespace {

std::unexpected<Error> corrupt(std::string reason, std::string detail) {
  return fail(Errc::Corrupt, std::move(reason), std::move(detail));
}

auto place(const Log& log) {
  return std::tuple(log.block_number, log.log_index);
}

Status check_asked(const Log& log, const LogQuestion& question, std::uint64_t from,
                   std::uint64_t to) {
  if (log.block_number < from || log.block_number > to) {
    return corrupt("logs_of_another_block", "a log is of a block out of the range asked for");
  }
  if (log.topics.empty() || log.topics.front() != question.topic0 ||
      std::ranges::find(question.addresses, log.address) == question.addresses.end()) {
    return corrupt("logs_not_asked_for", "a log has another address or topic than asked for");
  }
  return {};
}

/// REQUIRES: in order.
Status check_neighbours(const Log& before, const Log& log) {
  if (before.block_number != log.block_number) return {};
  if (before.log_index == log.log_index) {
    return corrupt("duplicate_log", "two logs claim the same place");
  }
  if (before.block_hash != log.block_hash) {
    return corrupt("logs_of_another_block", "logs of one block number tell two hashes");
  }
  return {};
}

}  // namespace

Status check_logs(std::vector<Log>& logs, const LogQuestion& question, std::uint64_t from,
                  std::uint64_t to) {
  // In one walk where they are in order, as nodes answer them.
  bool in_order = true;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    TRY_OK(check_asked(logs[i], question, from, to));
    in_order = in_order && (i == 0 || place(logs[i - 1]) <= place(logs[i]));
    if (in_order && i > 0) TRY_OK(check_neighbours(logs[i - 1], logs[i]));
  }
  if (in_order) return {};
  std::ranges::sort(logs, {}, place);
  for (std::size_t i = 1; i < logs.size(); ++i) TRY_OK(check_neighbours(logs[i - 1], logs[i]));
  return {};
}

Status bind_to_header(const std::vector<Log>& logs, const Header& header) {
  const bool bound = std::ranges::all_of(logs, [&](const Log& log) {
    return log.block_number != header.number || log.block_hash == header.hash;
  });
  if (bound) return {};
  return corrupt("logs_of_another_block", "a log's block hash is not the header's");
}

bool may_lack_logs(const std::vector<Log>& logs, const Header& header,
                   const LogQuestion& question) {
  if (!evm::may_contain(header.logs_bloom, question.topic0.view())) return false;
  return std::ranges::any_of(question.addresses, [&](const Address& address) {
    return evm::may_contain(header.logs_bloom, address.view()) &&
           std::ranges::find(logs, address, &Log::address) == logs.end();
  });
}

}  // namespace settled::chains::rpc
