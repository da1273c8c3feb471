#include "chains/chain_reader.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "chains/evm/abi.hpp"
#include "chains/proof/block.hpp"
#include "chains/transfers.hpp"

namespace settled::chains {
namespace {

using http::Task;
using BlockSlot = Result<BlockRead>;

/// Headers asked for at once on the way back to a common ancestor.
constexpr std::size_t kAncestorsAtOnce = 50;

BlockRef ref_of(const rpc::Header& header) {
  return {header.number, header.hash, header.time};
}

bool links(const BlockRef& before, const SeenBlock& block) {
  return block.block.number != before.number + 1 || block.parent == before.hash;
}

std::unexpected<Error> mismatch(const TokenSettings& token, const std::string& what) {
  return fail(Errc::Rejected, "token_mismatch",
              token.symbol + " at " + evm::to_checksum(token.address) + " has " + what);
}

/// In quotes, with every byte outside printable ASCII as \xNN: a contract may answer anything.
std::string shown(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]};
    }
  }
  return out + '"';
}

const std::string& expected_symbol(const TokenSettings& token) {
  return token.contract_symbol.empty() ? token.symbol : token.contract_symbol;
}

/// The blocks that the logs name, each with the block hash that the logs claim.
Result<std::vector<SeenBlock>> blocks_of(const std::vector<rpc::Log>& logs,
                                         const std::vector<TokenSettings>& tokens,
                                         const Wanted& wanted) {
  std::vector<SeenBlock> out;
  for (const rpc::Log& log : logs) {
    TRY(auto transfer, transfer_of(log, tokens, wanted));
    if (!transfer) continue;
    if (out.empty() || out.back().block.number != log.block_number) {
      out.push_back({.block = {log.block_number, log.block_hash}, .parent = {}, .transfers = {}});
    }
    out.back().transfers.push_back(*std::move(transfer));
  }
  return out;
}

/// Gives a block what its header says. Corrupt `logs_of_another_block`.
Status bind(SeenBlock& block, const rpc::Header& header) {
  if (block.block.number != header.number || block.block.hash != header.hash) {
    return fail(Errc::Corrupt, "logs_of_another_block",
                "logs and header of block " + std::to_string(header.number) + " disagree");
  }
  block.block = ref_of(header);
  block.parent = header.parent;
  return {};
}

using ReadBlock = std::function<Task<BlockSlot>(std::uint64_t number)>;

Task<void> fetch(const ReadBlock* read, std::uint64_t number, std::span<BlockSlot> slots) {
  using namespace boost::asio::experimental::awaitable_operators;
  const auto one = [&](BlockSlot* slot) -> Task<void> { *slot = co_await (*read)(number); };
  if (slots.size() == 1) {
    co_await one(&slots.front());
  } else {
    co_await (one(&slots.front()) && fetch(read, number + 1, slots.subspan(1)));
  }
}

}  // namespace

ChainReader::ChainReader(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted)
    : settings_(settings), nodes_(nodes), wanted_(std::move(wanted)) {
  for (const TokenSettings& token : settings_.tokens) token_addresses_.push_back(token.address);
}

Task<Result<HeadsSeen>> ChainReader::heads() {
  CO_TRY(const rpc::Heads heads, co_await nodes_.heads());
  HeadsSeen out{.latest = ref_of(heads.latest), .finalized = std::nullopt};
  if (heads.finalized) out.finalized = ref_of(*heads.finalized);
  co_return out;
}

Task<Result<BlockRef>> ChainReader::block(std::uint64_t number) {
  CO_TRY(const rpc::Header header, co_await nodes_.call<rpc::Header>(
                                       [number](rpc::Node& node) { return node.block(number); }));
  co_return ref_of(header);
}

Task<Result<Reading>> ChainReader::range(std::uint64_t from, std::uint64_t to) {
  INVARIANT(0 < from && from <= to);
  if (is_quorum()) co_return co_await agreed(range_from(nullptr, from, to));
  co_return co_await nodes_.call<Reading>(
      [this, from, to](rpc::Node& node) { return range_from(&node, from, to); });
}

Task<Result<Reading>> ChainReader::range_from(rpc::Node* node, std::uint64_t from,
                                              std::uint64_t to) {
  CO_TRY(const rpc::LogRange range, co_await logs(node, from, to));
  CO_TRY(std::vector<SeenBlock> blocks, blocks_of(range.logs, settings_.tokens, wanted_));
  if (blocks.empty() || blocks.back().block.number != to) {
    blocks.push_back({.block = ref_of(range.last), .parent = {}, .transfers = {}});
  }
  std::vector<std::uint64_t> numbers{from - 1};
  for (const SeenBlock& block : blocks) numbers.push_back(block.block.number);
  CO_TRY(const std::vector<rpc::Header> headers, co_await headers_of(node, std::move(numbers)));
  BlockRef before = ref_of(headers.front());
  Reading out{.before = before.hash, .blocks = {}, .whole = true, .bytes = range.bytes};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    CO_TRY_OK(bind(blocks[i], headers[i + 1]));
    if (!links(before, blocks[i])) {
      co_return fail(Errc::Corrupt, "broken_chain", "the node's final blocks do not link up");
    }
    before = blocks[i].block;
  }
  out.blocks = std::move(blocks);
  co_return out;
}

Task<Result<Reading>> ChainReader::blocks(std::uint64_t from, std::uint64_t to) {
  INVARIANT(from <= to);
  if (is_quorum()) co_return co_await agreed(blocks_from(nullptr, from, to));
  co_return co_await nodes_.call<Reading>(
      [this, from, to](rpc::Node& node) { return blocks_from(&node, from, to); });
}

Task<Result<SeenBlock>> ChainReader::block_of(std::size_t node, std::uint64_t number) {
  INVARIANT(!is_quorum());
  CO_TRY(Reading reading, co_await nodes_.call_node<Reading>(node, [this, number](rpc::Node& of) {
    return blocks_from(&of, number, number);
  }));
  co_return std::move(reading.blocks.front());
}

Task<Result<Reading>> ChainReader::blocks_from(rpc::Node* node, std::uint64_t from,
                                               std::uint64_t to) {
  std::vector<BlockSlot> slots(to - from + 1);
  const ReadBlock read = [this, node](std::uint64_t number) { return read_block(node, number); };
  co_await fetch(&read, from, slots);
  CO_TRY_OK(slots.front());
  Reading out{.before = slots.front()->told.header.parent, .blocks = {}};
  for (const BlockSlot& slot : slots) {
    if (!slot) break;
    const rpc::Header& header = slot->told.header;
    SeenBlock block{.block = ref_of(header), .parent = header.parent, .transfers = {}};
    if (!out.blocks.empty() && !links(out.blocks.back().block, block)) break;
    for (const rpc::Log& log : slot->told.logs) {
      CO_TRY(auto transfer, transfer_of(log, settings_.tokens, wanted_));
      if (!transfer) continue;
      if (slot->proven) add_proof(*slot->proven, log, block.transfers, *transfer);
      block.transfers.push_back(*std::move(transfer));
    }
    out.blocks.push_back(std::move(block));
  }
  out.whole = out.blocks.size() == slots.size();
  co_return out;
}

Task<Result<BlockRead>> ChainReader::read_block(rpc::Node* node, std::uint64_t number) {
  if (is_quorum()) co_return co_await agreed_block(number);
  if (settings_.evidence == Evidence::Single) {
    BlockRead out;
    CO_TRY(out.told, co_await node->block_with_logs(number, token_addresses_, evm::kTransferTopic));
    co_return out;
  }
  auto block = co_await proven_block(node, number, token_addresses_, evm::kTransferTopic);
  if (!block && proof::convicts(block.error())) nodes_.convict(*node, block.error());
  co_return block;
}

Task<Result<std::optional<BlockRef>>> ChainReader::ancestor(Cursor recent) {
  using Found = std::optional<BlockRef>;
  const auto known = std::make_shared<const Cursor>(std::move(recent));
  const auto ask = [known](rpc::Node& node) -> Task<Result<Found>> {
    const Cursor& cursor = *known;
    CO_TRY(const rpc::Header latest, co_await node.block(rpc::Tag::Latest));
    if (latest.number < cursor.recent.front().number) {
      co_return fail(Errc::Unavailable, "lagging_backend", "the node is behind our final block");
    }
    const auto above =
        std::ranges::upper_bound(cursor.recent, latest.number, {}, &BlockRef::number);
    std::vector<BlockRef> ours(cursor.recent.begin(), above);
    while (!ours.empty()) {
      const std::size_t count = std::min(ours.size(), kAncestorsAtOnce);
      std::vector<std::uint64_t> numbers;
      for (const BlockRef& block : std::span(ours).last(count)) numbers.push_back(block.number);
      CO_TRY(const auto headers, co_await node.headers(std::move(numbers)));
      std::vector<BlockRef> canonical;
      canonical.reserve(headers.size());
      for (const rpc::Header& header : headers) canonical.push_back(ref_of(header));
      const Found found = common_ancestor(ours, canonical);
      if (found && found->number == latest.number && latest.number < cursor.head().number) {
        // All that it knows is ours: it is behind, and nothing has left the chain.
        co_return fail(Errc::Unavailable, "lagging_backend", "the node is behind our head");
      }
      if (found) co_return found;
      ours.resize(ours.size() - count);
    }
    co_return Found{};
  };
  co_return is_quorum() ? co_await agreed_ancestor(ask) : co_await nodes_.call<Found>(ask);
}

Task<Status> ChainReader::check_tokens() {
  for (const TokenSettings& token : settings_.tokens) CO_TRY_OK(co_await check_token(&token));
  co_return Status{};
}

template <typename T>
Task<Result<std::optional<T>>> ChainReader::read(evm::Address contract, Bytes calldata,
                                                 Result<T> (*decode)(BytesView)) {
  const Result<Bytes> answer = co_await nodes_.call<Bytes>([contract, calldata](rpc::Node& node) {
    return node.call(contract, calldata, rpc::Tag::Latest);
  });
  if (!answer) {
    if (answer.error().reason != "reverted") co_return std::unexpected(answer.error());
    co_return std::optional<T>{};
  }
  Result<T> value = decode(*answer);
  co_return value ? std::optional<T>(*std::move(value)) : std::nullopt;
}

Task<Status> ChainReader::check_token(const TokenSettings* token) {
  const evm::Address address = token->address;
  CO_TRY(const bool has_code,
         co_await nodes_.call<bool>([address](rpc::Node& node) { return node.has_code(address); }));
  if (!has_code) co_return mismatch(*token, "no contract on the chain");

  CO_TRY(const auto decimals,
         co_await read<std::uint8_t>(address, evm::encode_decimals(), evm::decode_uint8));
  const std::string wanted = std::to_string(token->decimals) + " decimals in the settings, ";
  if (!decimals) co_return mismatch(*token, wanted + "but the contract does not tell its own");
  if (*decimals != token->decimals) {
    co_return mismatch(*token, wanted + std::to_string(*decimals) + " in the contract");
  }

  CO_TRY(const auto symbol,
         co_await read<std::string>(address, evm::encode_symbol(), evm::decode_symbol));
  const std::string named = "symbol " + shown(expected_symbol(*token)) + " in the settings, ";
  if (!symbol) co_return mismatch(*token, named + "but the contract does not tell its own");
  if (*symbol != expected_symbol(*token)) {
    co_return mismatch(*token, named + shown(*symbol) + " in the contract");
  }
  co_return Status{};
}

}  // namespace settled::chains
