#include "tests/chains/rpc/scripted_node.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "ledger/types/hex.hpp"

namespace settled::chains::rpc {

using nlohmann::json;

void ScriptedNodes::on(const std::string& url, const std::string& method, Answer result) {
  methods_[url][method] = std::move(result);
}

void ScriptedNodes::release(const std::string& url) {
  if (!hung_->held.erase(url)) return;
  for (const auto& each : hung_->requests) {
    if (each->url == url) each->bell.ring();
  }
}

std::size_t ScriptedNodes::holding(const std::string& url) const {
  if (!hung_->held.contains(url)) return 0;
  return static_cast<std::size_t>(
      std::ranges::count(hung_->requests, url, [](const auto& each) { return each->url; }));
}

std::size_t ScriptedNodes::cancelled(const std::string& url) const {
  const auto at = hung_->cancelled.find(url);
  return at == hung_->cancelled.end() ? 0 : at->second;
}

Task<void> ScriptedNodes::hang(std::shared_ptr<Hung> hung, std::string url) {
  if (!hung->held.contains(url)) co_return;
  const auto request =
      std::make_shared<Hanging>(url, Bell(co_await boost::asio::this_coro::executor));
  hung->requests.push_back(request);
  struct Ends {
    Hung& hung;
    Hanging* request;
    bool released = false;
    ~Ends() {
      if (!released) ++hung.cancelled[request->url];
      std::erase_if(hung.requests, [this](const auto& each) { return each.get() == request; });
    }
  } ends{*hung, request.get()};
  co_await request->bell.wait();
  ends.released = true;
}

http::Task<Result<http::Response>> ScriptedNodes::send(http::Request request, http::Limits most) {
  requests.push_back(request);
  limits.push_back(most);
  co_await hang(hung_, request.url);
  if (const auto raw = raw_.find(request.url); raw != raw_.end()) co_return raw->second(request);
  const json asked = json::parse(request.body);
  json out;
  if (asked.is_array()) {
    out = json::array();
    for (const json& call : asked) out.push_back(answer_one(request.url, call));
  } else {
    out = answer_one(request.url, asked);
  }
  co_return answered(out.dump());
}

json ScriptedNodes::answer_one(const std::string& url, const json& call) {
  json out = {{"jsonrpc", "2.0"}, {"id", call.at("id")}};
  const auto& methods = methods_[url];
  const auto method = methods.find(call.at("method").get<std::string>());
  if (method == methods.end()) {
    out["error"] = rpc_error(-32601, "method not found");
    return out;
  }
  try {
    out["result"] = method->second(call.at("params"));
  } catch (const json& error) {
    out["error"] = error;
  }
  return out;
}

http::Response answered(std::string body, unsigned status, http::Headers headers) {
  return {status, std::move(headers), std::move(body)};
}

BlockHash hash_of_block(std::uint64_t number) {
  BlockHash out;
  out.bytes[0] = 0xb1;
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[31 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return out;
}

json block_json(std::uint64_t number, const std::vector<Bytes>& bloom_items) {
  evm::Bloom bloom;
  for (const Bytes& item : bloom_items) evm::add_to(bloom, item);
  return {{"number", evm::to_quantity(number)},
          {"hash", to_0x(hash_of_block(number).view())},
          {"parentHash", to_0x(hash_of_block(number - 1).view())},
          {"timestamp", "0x64"},
          {"logsBloom", to_0x(bloom.view())},
          {"baseFeePerGas", "0x7"}};
}

json log_json(std::uint64_t number, unsigned log_index, const Address& address,
              const evm::Hash& topic) {
  return {{"address", to_0x(address.view())},
          {"topics", json::array({to_0x(topic.view())})},
          {"data", "0x01"},
          {"blockHash", to_0x(hash_of_block(number).view())},
          {"blockNumber", evm::to_quantity(number)},
          {"transactionHash", to_0x(fixed_of<TxHash>(0x77).view())},
          {"transactionIndex", "0x0"},
          {"logIndex", evm::to_quantity(std::uint64_t{log_index})},
          {"removed", false}};
}

json receipt_json(const TxHash& hash) {
  return {{"transactionHash", to_0x(hash.view())},
          {"blockHash", to_0x(hash_of_block(5).view())},
          {"blockNumber", "0x5"},
          {"status", "0x1"},
          {"gasUsed", "0x5208"},
          {"effectiveGasPrice", "0x3b9aca00"},
          {"logs", json::array()}};
}

json rpc_error(int code, const std::string& message) {
  return {{"code", code}, {"message", message}};
}

}  // namespace settled::chains::rpc
