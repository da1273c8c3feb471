#include "chains/rpc/node.hpp"

#include <utility>

#include "chains/rpc/decode.hpp"
#include "chains/rpc/json_rpc.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;

Call ask(std::string method, json::array_t params) {
  return {std::move(method), json(std::move(params))};
}

json call_object(const Address& to, const Bytes& data, const Address* from) {
  json out = json::object();
  if (from) out["from"] = to_0x(from->view());
  out["to"] = to_0x(to.view());
  out["data"] = to_0x(data);
  return out;
}

std::unexpected<Error> another_transaction() {
  return fail(Errc::Corrupt, "another_transaction",
              "the node answered another transaction than asked for");
}

Result<TxHash> read_sent(const Result<json>& answer, const TxHash& own) {
  if (!answer && answer.error().reason == "already_known") return own;
  if (!answer) return std::unexpected(answer.error());
  TRY(const TxHash told, decode_tx_hash(*answer));
  if (told != own) return another_transaction();
  return own;
}

}  // namespace

Node::Node(http::Transport& transport, Settings settings, NodeGate* gate)
    : name_(settings.name), rpc_(std::make_unique<JsonRpc>(transport, std::move(settings), gate)) {}

Node::~Node() = default;

const std::string& Node::name() const {
  return name_;
}

std::chrono::milliseconds Node::retry_after() const {
  return rpc_->retry_after();
}

Task<Result<std::uint64_t>> Node::chain_id() {
  CO_TRY(const json answer, co_await rpc_->call(ask("eth_chainId", {})));
  co_return decode_quantity64(answer);
}

Task<Result<Identity>> Node::identity() {
  std::vector<Call> calls;
  calls.push_back(ask("eth_chainId", {}));
  calls.push_back(ask("eth_syncing", {}));
  CO_TRY(const Answers answers, co_await rpc_->batch(std::move(calls)));
  CO_TRY_OK(answers[0]);
  Identity out;
  CO_TRY(out.chain_id, decode_quantity64(*answers[0]));
  if (answers[1]) out.syncing = decode_syncing(*answers[1]);
  co_return out;
}

bool Node::is_deep(std::uint64_t number) const {
  constexpr std::uint64_t kDeep = 1'024;
  return number < told_head_ && told_head_ - number >= kDeep;
}

std::unexpected<Error> Node::missing(std::uint64_t number) const {
  if (!is_deep(number)) return fail(Errc::NotFound, "no_such_block", "the node has no such block");
  return fail(Errc::Unavailable, "pruned",
              "the node lacks block " + std::to_string(number) + " though its head is " +
                  std::to_string(told_head_));
}

Task<Result<std::vector<std::optional<Receipt>>>> Node::receipts(std::vector<TxHash> hashes) {
  std::vector<Call> calls;
  calls.reserve(hashes.size());
  for (const TxHash& hash : hashes) {
    calls.push_back(ask("eth_getTransactionReceipt", {to_0x(hash.view())}));
  }
  CO_TRY(const Answers answers, co_await rpc_->batch(std::move(calls)));
  std::vector<std::optional<Receipt>> out;
  out.reserve(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    CO_TRY_OK(answers[i]);
    if (answers[i]->is_null()) {
      out.emplace_back(std::nullopt);
      continue;
    }
    CO_TRY(Receipt receipt, decode_receipt(*answers[i]));
    if (receipt.tx_hash != hashes[i]) co_return another_transaction();
    out.emplace_back(std::move(receipt));
  }
  co_return out;
}

Task<Result<SeenTransaction>> Node::transaction(TxHash hash) {
  std::vector<Call> calls;
  calls.push_back(ask("eth_getTransactionByHash", {to_0x(hash.view())}));
  calls.push_back(ask("eth_getTransactionReceipt", {to_0x(hash.view())}));
  CO_TRY(const Answers answers, co_await rpc_->batch(std::move(calls)));
  CO_TRY_OK(answers[0]);
  CO_TRY_OK(answers[1]);
  if (answers[0]->is_null()) {
    co_return fail(Errc::NotFound, "no_such_transaction", "the node has no such transaction");
  }
  SeenTransaction out;
  CO_TRY(out.transaction, decode_transaction(*answers[0]));
  if (out.transaction.hash != hash) co_return another_transaction();
  if (answers[1]->is_null()) co_return out;
  CO_TRY(out.receipt, decode_receipt(*answers[1]));
  if (out.receipt->tx_hash != hash) co_return another_transaction();
  co_return out;
}

Task<Result<std::uint64_t>> Node::transaction_count(Address account, BlockTag tag) {
  Call call = ask("eth_getTransactionCount", {to_0x(account.view()), encode_block(tag)});
  CO_TRY(const json answer, co_await rpc_->call(std::move(call)));
  co_return decode_quantity64(answer);
}

Task<Result<U256>> Node::balance(Address account, BlockTag tag) {
  Call call = ask("eth_getBalance", {to_0x(account.view()), encode_block(tag)});
  CO_TRY(const json answer, co_await rpc_->call(std::move(call)));
  co_return decode_quantity(answer);
}

Task<Result<Bytes>> Node::call(Address to, Bytes data, BlockTag tag, std::optional<Address> from) {
  Call call = ask("eth_call", {call_object(to, data, from ? &*from : nullptr), encode_block(tag)});
  CO_TRY(const json answer, co_await rpc_->call(std::move(call)));
  co_return decode_data(answer);
}

Task<Result<bool>> Node::has_code(Address account) {
  Call call = ask("eth_getCode", {to_0x(account.view()), encode_block(Tag::Latest)});
  CO_TRY(const json answer, co_await rpc_->call(std::move(call)));
  CO_TRY(const Bytes code, decode_data(answer));
  co_return !code.empty();
}

Task<Result<std::vector<Result<std::uint64_t>>>> Node::estimate_gas(
    std::vector<CallRequest> requests) {
  std::vector<Call> calls;
  calls.reserve(requests.size());
  for (const CallRequest& request : requests) {
    calls.push_back(ask("eth_estimateGas", {call_object(request.to, request.data, &request.from)}));
  }
  CO_TRY(const Answers answers, co_await rpc_->batch(std::move(calls)));
  std::vector<Result<std::uint64_t>> out;
  out.reserve(answers.size());
  for (const auto& answer : answers) {
    if (answer) {
      out.push_back(decode_quantity64(*answer));
    } else {
      out.emplace_back(std::unexpected(answer.error()));
    }
  }
  co_return out;
}

Task<Result<Fees>> Node::fees() {
  // Ten blocks, the median transaction of each.
  json::array_t percentiles = {50};
  Call call = ask("eth_feeHistory", {"0xa", "latest", json(std::move(percentiles))});
  CO_TRY(const json history, co_await rpc_->call(std::move(call)));
  CO_TRY(Fees fees, decode_fee_history(history));
  if (fees.priority_fee == 0) {
    CO_TRY(const json answer, co_await rpc_->call(ask("eth_maxPriorityFeePerGas", {})));
    CO_TRY(fees.priority_fee, decode_quantity(answer));
  }
  co_return fees;
}

Task<Result<std::vector<Result<TxHash>>>> Node::send_raw(std::vector<Bytes> signed_transactions) {
  std::vector<Call> calls;
  std::vector<TxHash> own;
  calls.reserve(signed_transactions.size());
  own.reserve(signed_transactions.size());
  for (const Bytes& raw : signed_transactions) {
    calls.push_back(ask("eth_sendRawTransaction", {to_0x(raw)}));
    own.push_back(fixed_from<TxHash>(evm::keccak256(raw).view()));
  }
  CO_TRY(const Answers answers, co_await rpc_->batch(std::move(calls)));
  std::vector<Result<TxHash>> out;
  out.reserve(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) out.push_back(read_sent(answers[i], own[i]));
  co_return out;
}

}  // namespace settled::chains::rpc
