#include "tests/chains/fake_nodes.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "chains/evm/abi.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/evm/rlp.hpp"
#include "chains/evm/trie.hpp"
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

chains::evm::EventLog event_of(const FakeTransfer& transfer, bool raised) {
  chains::evm::U256 value = chains::evm::widen(transfer.value);
  if (transfer.beyond_128_bits) value += chains::evm::U256(1) << 128;
  if (raised) value += 1;
  const auto word = [](const chains::evm::Address& of) {
    chains::evm::Hash out;
    std::ranges::copy(of.bytes, out.bytes.end() - 20);
    return out;
  };
  const auto data = chains::evm::to_word(value);
  return {.address = transfer.token,
          .topics = {chains::evm::kTransferTopic, word(transfer.from), word(transfer.to)},
          .data = {data.begin(), data.end()}};
}

/// Each transfer is a transaction of its own.
chains::evm::Receipt receipt_of(const FakeBlock& block, std::size_t index) {
  chains::evm::Receipt out;
  out.type = 2;
  out.outcome = true;
  out.cumulative_gas_used = 50'000 * (index + 1);
  out.logs.push_back(event_of(block.transfers[index], false));
  out.logs_bloom = chains::evm::bloom_of(out.logs);
  return out;
}

struct Roots {
  chains::evm::Hash receipts;
  chains::evm::Bloom bloom;
};

Roots roots_of(const FakeBlock& block) {
  Roots out;
  std::vector<Bytes> encoded;
  for (std::size_t i = 0; i < block.transfers.size(); ++i) {
    const chains::evm::Receipt receipt = receipt_of(block, i);
    for (std::size_t at = 0; at < out.bloom.bytes.size(); ++at) {
      out.bloom.bytes[at] |= receipt.logs_bloom.bytes[at];
    }
    encoded.push_back(chains::evm::encode_receipt(receipt));
  }
  out.receipts = chains::evm::ListTrie(encoded).root();
  return out;
}

std::uint64_t seconds_of(const FakeBlock& block) {
  return static_cast<std::uint64_t>(to_ms(block.block.time) / 1000);
}

/// Of the yellow paper's fifteen fields.
chains::evm::BlockHash header_hash(const FakeBlock& block) {
  const Roots roots = roots_of(block);
  const chains::evm::Hash zero;
  chains::evm::RlpWriter writer;
  writer.begin_list();
  writer.bytes(block.parent.view());
  writer.bytes(zero.view());
  writer.bytes(chains::evm::Address{}.view());
  writer.bytes(zero.view());
  writer.bytes(zero.view());
  writer.bytes(roots.receipts.view());
  writer.bytes(roots.bloom.view());
  writer.integer(std::uint64_t{0});
  writer.integer(block.block.number);
  writer.integer(std::uint64_t{0});
  writer.integer(std::uint64_t{0});
  writer.integer(seconds_of(block));
  writer.bytes(as_bytes(block.fork));
  writer.bytes(zero.view());
  writer.bytes(Bytes(8, 0));
  writer.end_list();
  return fixed_from<chains::evm::BlockHash>(chains::evm::keccak256(writer.take()).view());
}

std::string tx_hash(const FakeTransfer& transfer) {
  return to_0x(hash_of<chains::evm::TxHash>(transfer.name).view());
}

json header_json(const FakeNode& node, const FakeBlock& block) {
  const Roots roots = roots_of(block);
  const std::string zero = to_0x(chains::evm::Hash{}.view());
  const bool lies = block.block.number == node.forges_header_at;
  json transactions = json::array();
  for (const FakeTransfer& transfer : block.transfers) transactions.push_back(tx_hash(transfer));
  return {{"number", to_quantity(block.block.number)},
          {"hash", to_0x(block.block.hash.view())},
          {"parentHash", to_0x(block.parent.view())},
          {"sha3Uncles", zero},
          {"miner", to_0x(chains::evm::Address{}.view())},
          {"stateRoot", zero},
          {"transactionsRoot", zero},
          {"receiptsRoot", to_0x(roots.receipts.view())},
          {"logsBloom", to_0x(roots.bloom.view())},
          {"difficulty", "0x0"},
          {"gasLimit", "0x0"},
          {"gasUsed", "0x0"},
          {"timestamp", to_quantity(seconds_of(block) + (lies ? 1 : 0))},
          {"extraData", to_0x(as_bytes(block.fork))},
          {"mixHash", zero},
          {"nonce", "0x0000000000000000"},
          {"transactions", std::move(transactions)}};
}

json log_json(const FakeNode& node, const FakeBlock& block, std::size_t index) {
  const FakeTransfer& transfer = block.transfers[index];
  const bool lies = block.block.number == node.wrong_logs_at;
  const bool raised = block.block.number == node.raises_at && index == 0;
  const chains::evm::EventLog event = event_of(transfer, raised);
  json topics = json::array();
  for (const chains::evm::Hash& topic : event.topics) topics.push_back(to_0x(topic.view()));
  return {{"address", to_0x(event.address.view())},
          {"topics", std::move(topics)},
          {"data", to_0x(event.data)},
          {"blockHash",
           to_0x(lies ? hash_of<chains::evm::BlockHash>("lie").view() : block.block.hash.view())},
          {"blockNumber", to_quantity(block.block.number)},
          {"transactionHash", tx_hash(transfer)},
          {"transactionIndex", to_quantity(std::uint64_t{index})},
          {"logIndex", to_quantity(std::uint64_t{index})},
          {"removed", false}};
}

bool is_withheld(const FakeNode& node, const FakeBlock& block, std::size_t index) {
  return block.block.number == node.withholds_at && index == 0;
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
  block.block.time =
      from_ms((kGenesisSeconds + static_cast<std::int64_t>(block.block.number)) * 1000);
  block.transfers = std::move(transfers);
  block.fork = fork;
  block.block.hash = header_hash(block);
  blocks.push_back(std::move(block));
}

void FakeNode::drop(std::uint64_t count) {
  blocks.resize(blocks.size() - count);
}

void FakeNode::reorganise(std::uint64_t drops, std::uint64_t mines) {
  drop(drops);
  mine(mines, "b");
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
    if (number && *number <= node.latest()) result = header_json(node, node.blocks[*number]);
  } else if (method == "eth_getLogs") {
    json found = logs(node, params[0]);
    if (found.is_null()) {
      out.erase("result");
      const std::string words =
          node.names_range ? "exceed maximum block range: " + std::to_string(*node.names_range)
                           : "query returned more than 10000 results";
      out["error"] = {{"code", -32005}, {"message", words}};
    } else {
      result = std::move(found);
    }
  } else if (method == "eth_getBlockReceipts") {
    ++receipts_asked;
    result = receipts(node, params[0]);
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

json FakeNodes::receipts(const FakeNode& node, const std::string& hash) {
  const auto at = std::ranges::find_if(
      node.blocks, [&](const FakeBlock& block) { return to_0x(block.block.hash.view()) == hash; });
  if (at == node.blocks.end() || !node.has_receipts) return nullptr;
  json out = json::array();
  for (std::size_t i = 0; i < at->transfers.size(); ++i) {
    const chains::evm::Receipt receipt = receipt_of(*at, i);
    json logs = json::array();
    if (!is_withheld(node, *at, i)) logs.push_back(log_json(node, *at, i));
    out.push_back({{"type", "0x2"},
                   {"status", "0x1"},
                   {"cumulativeGasUsed", to_quantity(receipt.cumulative_gas_used)},
                   {"logsBloom", to_0x(receipt.logs_bloom.view())},
                   {"transactionHash", tx_hash(at->transfers[i])},
                   {"transactionIndex", to_quantity(std::uint64_t{i})},
                   {"blockHash", to_0x(at->block.hash.view())},
                   {"blockNumber", to_quantity(at->block.number)},
                   {"logs", std::move(logs)}});
  }
  return out;
}

json FakeNodes::logs(const FakeNode& node, const json& filter) {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  if (filter.contains("blockHash")) {
    const auto at = std::ranges::find_if(node.blocks, [&](const FakeBlock& block) {
      return to_0x(block.block.hash.view()) == filter["blockHash"].get<std::string>();
    });
    from = to = static_cast<std::uint64_t>(at - node.blocks.begin());
  } else {
    from = number_in(filter["fromBlock"]);
    to = number_in(filter["toBlock"]);
  }
  if (from != to) ranges.push_back(std::to_string(from) + ".." + std::to_string(to));
  if (to - from + 1 > node.max_range) return nullptr;
  json out = json::array();
  for (std::uint64_t number = from; number <= to && number <= node.latest(); ++number) {
    const FakeBlock& block = node.blocks[number];
    for (std::size_t i = 0; i < block.transfers.size(); ++i) {
      const std::string token = to_0x(block.transfers[i].token.view());
      const json& asked = filter["address"];
      if (std::find(asked.begin(), asked.end(), token) == asked.end()) continue;
      if (is_withheld(node, block, i)) continue;
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
