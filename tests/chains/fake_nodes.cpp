#include "tests/chains/fake_nodes.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "chains/evm/abi.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"

namespace settled::tests {
namespace {

using chains::evm::to_quantity;
using nlohmann::json;

constexpr std::int64_t kGenesisSeconds = 1'800'000'000;

template <typename T>
T hash_of(const std::string& text) {
  return fixed_from<T>(sha256(as_bytes(text)).view());
}

std::string padded(const chains::evm::Address& address) {
  return "0x" + std::string(24, '0') + to_hex(address.view());
}

json header_json(const FakeBlock& block) {
  return {{"number", to_quantity(block.block.number)},
          {"hash", to_0x(block.block.hash.view())},
          {"parentHash", to_0x(block.parent.view())},
          {"logsBloom", "0x" + std::string(512, '0')},
          {"timestamp", to_quantity(static_cast<std::uint64_t>(to_ms(block.block.time) / 1000))}};
}

json log_json(const FakeNode& node, const FakeBlock& block, std::size_t index) {
  const FakeTransfer& transfer = block.transfers[index];
  const bool lies = block.block.number == node.wrong_logs_at;
  chains::evm::U256 value = chains::evm::widen(transfer.value);
  if (transfer.beyond_128_bits) value += chains::evm::U256(1) << 128;
  return {{"address", to_0x(transfer.token.view())},
          {"topics",
           {to_0x(chains::evm::kTransferTopic.view()), padded(transfer.from), padded(transfer.to)}},
          {"data", to_0x(chains::evm::to_word(value))},
          {"blockHash",
           to_0x(lies ? hash_of<chains::evm::BlockHash>("lie").view() : block.block.hash.view())},
          {"blockNumber", to_quantity(block.block.number)},
          {"transactionHash", to_0x(hash_of<chains::evm::TxHash>(transfer.name).view())},
          {"transactionIndex", to_quantity(std::uint64_t{index})},
          {"logIndex", to_quantity(std::uint64_t{index})},
          {"removed", false}};
}

std::uint64_t number_in(const json& quantity) {
  return chains::evm::parse_quantity64(quantity.get<std::string>()).value();
}

}  // namespace

chains::evm::Address address(std::uint8_t last) {
  chains::evm::Address out;
  out.bytes.back() = last;
  return out;
}

void FakeNode::mine(std::uint64_t count, const std::string& fork) {
  for (std::uint64_t i = 0; i < count; ++i) mine_with({}, fork);
}

void FakeNode::mine_with(std::vector<FakeTransfer> transfers, const std::string& fork) {
  FakeBlock block;
  block.block.number = blocks.size();
  if (!blocks.empty()) block.parent = blocks.back().block.hash;
  block.block.hash = hash_of<chains::evm::BlockHash>(fork + std::to_string(block.block.number) +
                                                     to_hex(block.parent.view()));
  block.block.time =
      from_ms((kGenesisSeconds + static_cast<std::int64_t>(block.block.number)) * 1000);
  block.transfers = std::move(transfers);
  blocks.push_back(std::move(block));
}

void FakeNode::drop(std::uint64_t count) {
  blocks.resize(blocks.size() - count);
}

std::string abi_string(const std::string& text) {
  const auto word = [](std::uint64_t value) {
    return to_hex(chains::evm::to_word(chains::evm::U256(value)));
  };
  std::string digits = to_hex(as_bytes(text));
  digits.resize(64, '0');
  return word(32) + word(text.size()) + digits;
}

FakeNode& FakeNodes::add(const std::string& url) {
  FakeNode& node = nodes[url];
  node.mine(1, "genesis");
  return node;
}

chains::http::Task<Result<chains::http::Response>> FakeNodes::send(chains::http::Request request,
                                                                   chains::http::Limits) {
  FakeNode& node = nodes.at(request.url);
  ++questions;
  if (node.down) co_return fail(Errc::Unavailable, "connect_failed", "the node is down");
  const json body = json::parse(request.body);
  json answers = json::array();
  if (body.is_array()) {
    for (const json& call : body) answers.push_back(answer(node, call));
  } else {
    answers = answer(node, body);
  }
  co_return chains::http::Response{.status = 200, .headers = {}, .body = answers.dump()};
}

json FakeNodes::answer(FakeNode& node, const json& call) {
  const std::string method = call["method"];
  const json& params = call["params"];
  json out{{"jsonrpc", "2.0"}, {"id", call["id"]}};
  json& result = out["result"] = nullptr;
  if (method == "eth_chainId") {
    result = to_quantity(node.chain_id);
  } else if (method == "eth_getBlockByNumber") {
    std::optional<std::uint64_t> number;
    if (params[0] == "latest") {
      number = node.latest();
    } else if (params[0] == "finalized") {
      number = node.finalized;
    } else if (!node.hides_headers) {
      number = number_in(params[0]);
    }
    if (number && *number <= node.latest()) result = header_json(node.blocks[*number]);
  } else if (method == "eth_getLogs") {
    json found = logs(node, params[0]);
    if (found.is_null()) {
      out.erase("result");
      out["error"] = {{"code", -32005}, {"message", "query returned more than 10000 results"}};
    } else {
      result = std::move(found);
    }
  } else if (method == "eth_getCode") {
    result = node.has_code ? "0x60" : "0x";
  } else if (method == "eth_call") {
    const std::string data = params[0]["data"];
    if (data == to_0x(chains::evm::encode_symbol())) {
      result = "0x" + node.symbol;
    } else if (node.decimals >= 0) {
      result = to_0x(chains::evm::to_word(chains::evm::U256(node.decimals)));
    } else {
      out.erase("result");
      out["error"] = {{"code", 3}, {"message", "execution reverted"}};
    }
  }
  return out;
}

json FakeNodes::logs(const FakeNode& node, const json& filter) {
  const std::uint64_t from = number_in(filter["fromBlock"]);
  const std::uint64_t to = number_in(filter["toBlock"]);
  if (from != to) ranges.push_back(std::to_string(from) + ".." + std::to_string(to));
  if (to - from + 1 > node.max_range) return nullptr;
  json out = json::array();
  for (std::uint64_t number = from; number <= to && number <= node.latest(); ++number) {
    const FakeBlock& block = node.blocks[number];
    for (std::size_t i = 0; i < block.transfers.size(); ++i) {
      const std::string token = to_0x(block.transfers[i].token.view());
      const json& asked = filter["address"];
      if (std::find(asked.begin(), asked.end(), token) == asked.end()) continue;
      out.push_back(log_json(node, block, i));
    }
  }
  return out;
}

chains::ChainSettings fake_settings(chains::Finality finality) {
  chains::ChainSettings out;
  out.name = "base";
  out.chain_id = 31337;
  out.finality = finality;
  out.confirmations = 2;
  out.poll_interval = std::chrono::milliseconds{1};
  out.nodes = {{.url = "http://one"}};
  out.tokens = {{.symbol = "USDC", .currency = "USDC", .address = address(0xC0), .decimals = 6}};
  return out;
}

}  // namespace settled::tests
