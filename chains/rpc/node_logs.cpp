#include <optional>
#include <utility>

#include "chains/rpc/decode.hpp"
#include "chains/rpc/json_rpc.hpp"
#include "chains/rpc/log_checks.hpp"
#include "chains/rpc/log_fields.hpp"
#include "chains/rpc/node.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;

json filter(const LogQuestion& question) {
  json out = json::object();
  json& addresses = out["address"] = json::array();
  for (const Address& address : question.addresses) addresses.push_back(to_0x(address.view()));
  json& topics = out["topics"] = json::array();
  topics.push_back(to_0x(question.topic0.view()));
  return out;
}

Call logs_call(json filter_object) {
  Call out{"eth_getLogs", json::array()};
  out.params.push_back(std::move(filter_object));
  return out;
}

std::vector<Call> header_and_logs(const LogQuestion& question, std::uint64_t from,
                                  std::uint64_t to) {
  Call header{"eth_getBlockByNumber", json::array()};
  header.params.push_back(encode_block(to));
  header.params.push_back(false);
  json range = filter(question);
  range["fromBlock"] = encode_block(from);
  range["toBlock"] = encode_block(to);
  std::vector<Call> out;
  out.push_back(std::move(header));
  out.push_back(logs_call(std::move(range)));
  return out;
}

std::unexpected<Error> lagging(std::string detail) {
  return fail(Errc::Unavailable, "lagging_backend", std::move(detail));
}

}  // namespace

Task<Result<BlockWithLogs>> Node::block_with_logs(std::uint64_t number,
                                                  std::vector<Address> addresses,
                                                  evm::Hash topic0) {
  LogQuestion question{std::move(addresses), topic0};
  std::vector<Call> calls = header_and_logs(question, number, number);
  CO_TRY(LargeAnswers answers, co_await rpc_->documents(std::move(calls)));
  CO_TRY(const Document header_answer, std::move(answers.results[0]));
  Result<Document>& logs_answer = answers.results[1];
  if (header_answer.is_null()) {
    const auto logs = logs_answer ? logs_answer->elements() : std::nullopt;
    if (logs && !logs->empty()) {
      co_return lagging("the node answered logs of a block whose header it lacks");
    }
    co_return missing(number);
  }
  CO_TRY(const Document told, std::move(logs_answer));
  BlockWithLogs out;
  CO_TRY(out.header, read_header_of(header_answer, number));
  CO_TRY(out.logs, read_logs(fields::root(told)));
  CO_TRY_OK(check_logs(out.logs, question, number, number));
  CO_TRY_OK(bind_to_header(out.logs, out.header));
  if (may_lack_logs(out.logs, out.header, question)) {
    CO_TRY(const std::vector<Log> again, co_await logs_by_hash(out.header, std::move(question)));
    if (again != out.logs) {
      co_return fail(Errc::Corrupt, "logs_disagree",
                     "the node tells other logs by block hash than by number");
    }
  }
  co_return out;
}

Task<Result<Document>> Node::block_document(std::uint64_t number) {
  Call call{"eth_getBlockByNumber", json::array()};
  call.params.push_back(encode_block(number));
  call.params.push_back(false);
  CO_TRY(Document document, co_await rpc_->document(std::move(call)));
  if (document.is_null()) {
    co_return missing(number);
  }
  co_return document;
}

Task<Result<Document>> Node::receipts_document(BlockHash block, std::uint64_t number) {
  Call call{"eth_getBlockReceipts", json::array()};
  call.params.push_back(to_0x(block.view()));
  CO_TRY(Document document, co_await rpc_->document(std::move(call), JsonRpc::kLargeBytes));
  if (document.is_null() && is_deep(number)) co_return missing(number);
  if (document.is_null()) co_return lagging("the node has a block and not its receipts");
  co_return document;
}

Task<Result<std::vector<Log>>> Node::logs_by_hash(Header header, LogQuestion question) {
  json by_hash = filter(question);
  by_hash["blockHash"] = to_0x(header.hash.view());  // EIP-234
  CO_TRY(const Document answer, co_await rpc_->document(logs_call(std::move(by_hash))));
  CO_TRY(std::vector<Log> logs, read_logs(fields::root(answer)));
  CO_TRY_OK(check_logs(logs, question, header.number, header.number));
  CO_TRY_OK(bind_to_header(logs, header));
  co_return logs;
}

Task<Result<LogRange>> Node::logs(std::uint64_t from, std::uint64_t to,
                                  std::vector<Address> addresses, evm::Hash topic0) {
  INVARIANT(from <= to);
  const LogQuestion question{std::move(addresses), topic0};
  std::vector<Call> calls = header_and_logs(question, from, to);
  auto answers = co_await rpc_->documents(std::move(calls), JsonRpc::kLargeBytes);
  if (!answers && answers.error().reason == "body_too_large") {
    co_return fail(Errc::Rejected, "range_refused", "the logs of the range are too many bytes");
  }
  if (!answers) co_return std::unexpected(std::move(answers).error());
  CO_TRY(const Document header_answer, std::move(answers->results[0]));
  if (header_answer.is_null() && is_deep(to)) co_return missing(to);
  if (header_answer.is_null()) co_return lagging("the node lacks the last block of the range");
  CO_TRY(const Document told, std::move(answers->results[1]));
  LogRange out;
  out.bytes = answers->bytes;
  CO_TRY(out.last, read_header_of(header_answer, to));
  CO_TRY(out.logs, read_logs(fields::root(told)));
  CO_TRY_OK(check_logs(out.logs, question, from, to));
  CO_TRY_OK(bind_to_header(out.logs, out.last));
  co_return out;
}

}  // namespace settled::chains::rpc
