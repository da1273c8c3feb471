#include "tests/sim/node.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/hex.hpp"

namespace settled::sim {
namespace {

using chains::evm::to_quantity;
using chains::http::Response;
using nlohmann::json;

constexpr std::array<std::string_view, kNodeFaults> kNames = {
    "down",         "hang",          "slow",        "throttle",   "gateway", "garbage",
    "other_ids",    "refuse",        "small_range", "balances",   "lag",     "freeze",
    "hides_header", "drops_logs",    "reorders",    "duplicates", "removed", "prunes",
    "no_finality",  "finality_back", "other_chain", "withholds",  "raises",  "invents"};
constexpr std::array<std::string_view, kReceiverFaults> kReceiverNames = {
    "down", "hangs", "fails", "redirects", "busy", "loses_answer"};

std::uint64_t number_in(const json& quantity) {
  return chains::evm::parse_quantity64(quantity.get<std::string>()).value();
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string word(std::uint64_t value) {
  return to_hex(chains::evm::to_word(chains::evm::U256(value)));
}

/// What a token's `symbol()` and `decimals()` return.
std::string called(const json& params) {
  const std::string to = params[0]["to"];
  for (const chains::TokenSettings& token : listed_tokens()) {
    if (to_0x(token.address.view()) != to) continue;
    if (params[0]["data"] == to_0x(chains::evm::encode_symbol())) {
      std::string digits = to_hex(as_bytes(token.symbol));
      digits.resize(64, '0');
      return quoted("0x" + word(32) + word(token.symbol.size()) + digits);
    }
    return quoted("0x" + word(static_cast<std::uint64_t>(token.decimals)));
  }
  return quoted("0x");
}

bool asks_for(const json& filter, Token token) {
  const auto asked = filter.find("address");
  if (asked == filter.end()) return true;
  const std::string address = to_0x(address_of(token).view());
  if (asked->is_string()) return *asked == address;
  return std::find(asked->begin(), asked->end(), address) != asked->end();
}

}  // namespace

std::string_view to_string(NodeFault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

std::string_view to_string(ReceiverFault fault) {
  return kReceiverNames[static_cast<std::size_t>(fault)];
}

const FaultWindow* Node::has(NodeFault fault, std::int64_t now_ms) const {
  const auto found = std::ranges::find_if(windows_, [&](const FaultWindow& window) {
    return window.fault == fault && window.from_ms <= now_ms && now_ms < window.until_ms;
  });
  return found == windows_.end() ? nullptr : &*found;
}

const Block* Node::View::at(const std::string& hash) const {
  for (std::size_t i = size; i-- > 0;) {
    if (to_0x((*blocks)[i]->ref.hash.view()) == hash) return (*blocks)[i].get();
  }
  return nullptr;
}

Node::View Node::view(std::int64_t now_ms) {
  const FaultWindow* freeze = has(NodeFault::Freeze, now_ms);
  if (freeze != frozen_by_) {
    frozen_by_ = freeze;
    frozen_.clear();
    if (freeze != nullptr) frozen_ = chain_.blocks();
    frozen_final_ = chain_.final_number();
  }
  const auto& blocks = freeze != nullptr ? frozen_ : chain_.blocks();
  std::size_t size = blocks.size();
  if (const auto* lag = has(NodeFault::Lag, now_ms)) {
    size -= std::min<std::size_t>(size - 1, lag->strength);
  }
  const std::uint64_t final_number = freeze != nullptr ? frozen_final_ : chain_.final_number();
  return {&blocks, size, std::min<std::uint64_t>(final_number, size - 1)};
}

Response Node::answer(const std::string& body, std::int64_t now_ms) {
  if (const auto* throttle = has(NodeFault::Throttle, now_ms)) {
    if (throttle->strength % 2 == 0) {
      return {.status = 429,
              .headers = {{"retry-after", std::to_string(throttle->strength)}},
              .body = "slow down"};
    }
    return {.status = 200,
            .headers = {},
            .body = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":)"
                    R"("rate limit reached"}})"};
  }
  if (has(NodeFault::Gateway, now_ms)) {
    return {.status = 502, .headers = {}, .body = "<html>Bad Gateway</html>"};
  }
  const json request = json::parse(body);
  std::string text;
  if (request.is_array()) {
    for (const json& call : request) text += (text.empty() ? "[" : ",") + one(call, now_ms, true);
    text += "]";
  } else {
    text = one(request, now_ms, false);
  }
  if (has(NodeFault::Garbage, now_ms)) text.resize(text.size() / 2);
  return {.status = 200, .headers = {}, .body = std::move(text)};
}

std::string Node::one(const json& call, std::int64_t now_ms, bool batched) {
  const std::string method = call["method"];
  const json& params = call["params"];
  std::string error;
  std::string result = "null";
  if (method == "eth_chainId") {
    const bool other = has(NodeFault::OtherChain, now_ms) != nullptr;
    result = quoted(to_quantity(other ? 1 : chain_id_));
  } else if (method == "eth_getBlockByNumber" || method == "eth_getBlockByHash") {
    result = block(params, now_ms, batched);
  } else if (method == "eth_getLogs") {
    result = logs(params[0], now_ms, error);
  } else if (method == "eth_getBlockReceipts") {
    result = receipts(params, now_ms);
  } else if (method == "eth_getCode") {
    result = quoted("0x60");
  } else if (method == "eth_call") {
    result = called(params);
  } else if (method == "eth_syncing") {
    result = "false";
  } else if (method == "eth_blockNumber") {
    result = quoted(to_quantity(view(now_ms).latest().ref.number));
  } else {
    error = R"({"code":-32601,"message":"method not found"})";
  }
  const std::uint64_t id = call["id"].get<std::uint64_t>() +
                           (has(NodeFault::OtherIds, now_ms) != nullptr ? 1'000'000 : 0);
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
         (error.empty() ? ",\"result\":" + result : ",\"error\":" + error) + "}";
}

std::string Node::block(const json& params, std::int64_t now_ms, bool batched) {
  const View blocks = view(now_ms);
  const std::string asked = params[0];
  const Block* found = nullptr;
  if (asked == "latest" || asked == "pending") {
    found = &blocks.latest();
  } else if (asked == "finalized" || asked == "safe") {
    if (has(NodeFault::NoFinality, now_ms)) return "null";
    std::uint64_t number = blocks.final_number;
    if (const auto* back = has(NodeFault::FinalityBack, now_ms)) {
      number -= std::min(number, back->strength * 5);
    }
    found = blocks.at(number);
  } else if (asked.size() == 66) {
    found = blocks.at(asked);
  } else if (!batched || !has(NodeFault::HidesHeader, now_ms)) {
    found = blocks.at(number_in(params[0]));
  }
  return found == nullptr ? "null" : found->header_json;
}

bool Node::leaves_out(const Block& block, std::size_t index, bool by_number,
                      std::int64_t now_ms) const {
  if (has(NodeFault::DropsLogs, now_ms) && by_number) return true;
  const auto* withholds = has(NodeFault::Withholds, now_ms);
  return withholds != nullptr && (block.ref.number + index) % withholds->strength == 0;
}

std::string Node::told_log(const Block& block, std::size_t index, std::int64_t now_ms) const {
  std::string text = block.logs[index].json;
  if (has(NodeFault::Raises, now_ms)) {
    // The amount is the last word of the data: one digit more than was paid.
    const std::size_t end = text.find("\",\"blockHash\"");
    char& digit = text[end - 1];
    digit = digit == 'f' ? '0' : digit == '9' ? 'a' : static_cast<char>(digit + 1);
  }
  return text + (has(NodeFault::Removed, now_ms) ? ",\"removed\":true}" : ",\"removed\":false}");
}

std::string Node::logs(const json& filter, std::int64_t now_ms, std::string& error) {
  if (has(NodeFault::Refuse, now_ms)) {
    error = R"({"code":-32000,"message":"missing trie node"})";
    return {};
  }
  View blocks = view(now_ms);
  const bool by_number = !filter.contains("blockHash");
  const bool one_block = !by_number || filter["fromBlock"] == filter["toBlock"];
  if (const auto* behind = has(NodeFault::Balances, now_ms); behind && one_block) {
    blocks.size -= std::min<std::size_t>(blocks.size - 1, behind->strength);
  }
  std::vector<const Block*> asked;
  if (by_number) {
    const std::uint64_t from = number_in(filter["fromBlock"]);
    const std::uint64_t to = number_in(filter["toBlock"]);
    if (const auto* small = has(NodeFault::SmallRange, now_ms);
        small && to - from >= small->strength) {
      error = R"({"code":-32005,"message":"query returned more than 10000 results"})";
      return {};
    }
    for (std::uint64_t number = from; number <= to && number < blocks.size; ++number) {
      asked.push_back(blocks.at(number));
    }
  } else if (const Block* found = blocks.at(filter["blockHash"].get<std::string>())) {
    asked.push_back(found);
  } else {
    error = R"({"code":-32000,"message":"unknown block"})";
    return {};
  }
  std::vector<std::string> told;
  for (const Block* each : asked) {
    if (const auto* pruned = has(NodeFault::Prunes, now_ms);
        pruned && each->ref.number + pruned->strength < blocks.size) {
      error = R"({"code":-32000,"message":"header not found"})";
      return {};
    }
    for (std::size_t i = 0; i < each->logs.size(); ++i) {
      if (!asks_for(filter, each->logs[i].token) ||
          leaves_out(*each, i, by_number && one_block, now_ms))
        continue;
      told.push_back(told_log(*each, i, now_ms));
    }
  }
  if (has(NodeFault::Reorders, now_ms)) std::ranges::reverse(told);
  if (has(NodeFault::Duplicates, now_ms) && !told.empty()) told.push_back(told.front());
  std::string out = "[";
  for (const std::string& log : told) out += (out.size() == 1 ? "" : ",") + log;
  return out + "]";
}

std::string Node::receipts(const json& params, std::int64_t now_ms) {
  if (has(NodeFault::Refuse, now_ms)) return "null";
  const View blocks = view(now_ms);
  const std::string asked = params[0].is_string() ? params[0].get<std::string>()
                                                  : params[0]["blockHash"].get<std::string>();
  const Block* found = asked.size() == 66 ? blocks.at(asked) : blocks.at(number_in(json(asked)));
  if (found == nullptr) return "null";
  if (const auto* pruned = has(NodeFault::Prunes, now_ms);
      pruned && found->ref.number + pruned->strength < blocks.size) {
    return "null";
  }
  std::string out = "[";
  for (std::size_t tx = 0; tx < found->txs.size(); ++tx) {
    out += (tx == 0 ? "" : ",") + found->receipts[tx] + ",\"logs\":[";
    const std::size_t first = found->first_log[tx];
    bool any = false;
    for (std::size_t i = first; i < first + found->txs[tx]->transfers.size(); ++i) {
      if (leaves_out(*found, i, false, now_ms)) continue;
      out += (any ? "," : "") + told_log(*found, i, now_ms);
      any = true;
    }
    if (has(NodeFault::Invents, now_ms) && any) {
      out += "," + told_log(*found, first, now_ms);
    }
    out += "]}";
  }
  return out + "]";
}

}  // namespace settled::sim
