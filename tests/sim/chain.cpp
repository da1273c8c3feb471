#include "tests/sim/chain.hpp"

#include <algorithm>
#include <utility>

#include "chains/evm/abi.hpp"
#include "chains/evm/bloom.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/evm/rlp.hpp"
#include "chains/evm/trie.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"
#include "tests/sim/virtual_time.hpp"

namespace settled::sim {
namespace {

using chains::evm::to_quantity;

constexpr std::array<int, kTokens> kDecimals = {6, 12, 6};

chains::evm::EventLog event_of(const Transfer& transfer) {
  const auto word = [](const Address& of) {
    chains::evm::Hash out;
    std::ranges::copy(of.bytes, out.bytes.end() - 20);
    return out;
  };
  const auto data = chains::evm::to_word(chains::evm::widen(transfer.value));
  return {.address = address_of(transfer.token),
          .topics = {chains::evm::kTransferTopic, word(transfer.from), word(transfer.to)},
          .data = {data.begin(), data.end()}};
}

struct Header {
  chains::evm::Hash receipts_root;
  chains::evm::Bloom bloom;
  std::string extra;  ///< what tells branches apart
};

/// The yellow paper's fifteen fields.
BlockHash hash_of(const Block& block, const BlockHash& parent, const Header& header) {
  const chains::evm::Hash zero;
  chains::evm::RlpWriter writer;
  writer.begin_list();
  writer.bytes(parent.view());
  writer.bytes(zero.view());
  writer.bytes(Address{}.view());
  writer.bytes(zero.view());
  writer.bytes(zero.view());
  writer.bytes(header.receipts_root.view());
  writer.bytes(header.bloom.view());
  writer.integer(std::uint64_t{0});
  writer.integer(block.ref.number);
  writer.integer(std::uint64_t{0});
  writer.integer(std::uint64_t{0});
  writer.integer(static_cast<std::uint64_t>(to_ms(block.ref.time) / 1000));
  writer.bytes(as_bytes(header.extra));
  writer.bytes(zero.view());
  writer.bytes(Bytes(8, 0));
  writer.end_list();
  return fixed_from<BlockHash>(chains::evm::keccak256(writer.take()).view());
}

std::string header_json(const Block& block, const BlockHash& parent, const Header& header) {
  const std::string zero = "\"0x" + std::string(64, '0') + "\"";
  std::string out = "{\"number\":\"" + to_quantity(block.ref.number);
  out += "\",\"hash\":\"" + to_0x(block.ref.hash.view());
  out += "\",\"parentHash\":\"" + to_0x(parent.view());
  out += "\",\"sha3Uncles\":" + zero + ",\"miner\":\"0x" + std::string(40, '0');
  out += "\",\"stateRoot\":" + zero + ",\"transactionsRoot\":" + zero;
  out += ",\"receiptsRoot\":\"" + to_0x(header.receipts_root.view());
  out += "\",\"logsBloom\":\"" + to_0x(header.bloom.view());
  out += "\",\"difficulty\":\"0x0\",\"gasLimit\":\"0x0\",\"gasUsed\":\"0x0\",\"timestamp\":\"";
  out += to_quantity(static_cast<std::uint64_t>(to_ms(block.ref.time) / 1000));
  out += "\",\"extraData\":\"" + to_0x(as_bytes(header.extra));
  out += "\",\"mixHash\":" + zero + ",\"nonce\":\"0x0000000000000000\",\"transactions\":[";
  for (std::size_t i = 0; i < block.txs.size(); ++i) {
    out += (i == 0 ? "\"" : ",\"") + to_0x(block.txs[i]->hash.view()) + "\"";
  }
  return out + "]}";
}

std::string log_json(const Block& block, std::size_t tx, std::size_t index,
                     const chains::evm::EventLog& event) {
  std::string out = "{\"address\":\"" + to_0x(event.address.view()) + "\",\"topics\":[";
  for (std::size_t i = 0; i < event.topics.size(); ++i) {
    out += (i == 0 ? "\"" : ",\"") + to_0x(event.topics[i].view()) + "\"";
  }
  out += "],\"data\":\"" + to_0x(event.data);
  out += "\",\"blockHash\":\"" + to_0x(block.ref.hash.view());
  out += "\",\"blockNumber\":\"" + to_quantity(block.ref.number);
  out += "\",\"transactionHash\":\"" + to_0x(block.txs[tx]->hash.view());
  out += "\",\"transactionIndex\":\"" + to_quantity(std::uint64_t{tx});
  return out + "\",\"logIndex\":\"" + to_quantity(std::uint64_t{index}) + "\"";
}

std::string receipt_json(const Block& block, std::size_t tx, const chains::evm::Receipt& receipt) {
  std::string out = "{\"type\":\"0x2\",\"status\":\"0x1\",\"cumulativeGasUsed\":\"";
  out += to_quantity(receipt.cumulative_gas_used);
  out += "\",\"gasUsed\":\"0xc350\",\"effectiveGasPrice\":\"0x1\"";
  out += ",\"logsBloom\":\"" + to_0x(receipt.logs_bloom.view());
  out += "\",\"transactionHash\":\"" + to_0x(block.txs[tx]->hash.view());
  out += "\",\"transactionIndex\":\"" + to_quantity(std::uint64_t{tx});
  out += "\",\"blockHash\":\"" + to_0x(block.ref.hash.view());
  return out + "\",\"blockNumber\":\"" + to_quantity(block.ref.number) + "\"";
}

}  // namespace

Address address_of(Token token) {
  Address out;
  out.bytes.front() = 0xC0;
  out.bytes.back() = static_cast<std::uint8_t>(1 + static_cast<int>(token));
  return out;
}

uint128 scale_of(Token token) {
  uint128 out = 1;
  for (int i = kDecimals[static_cast<std::size_t>(token)]; i < Amount::kDecimals; ++i) out *= 10;
  return out;
}

std::vector<chains::TokenSettings> listed_tokens() {
  return {{.symbol = "USDC",
           .currency = "USDC",
           .address = address_of(Token::Usdc),
           .decimals = kDecimals[0]},
          {.symbol = "EURC",
           .currency = "EURC",
           .address = address_of(Token::Eurc),
           .decimals = kDecimals[1]}};
}

TxPtr make_tx(const std::string& name, std::vector<Transfer> transfers) {
  return std::make_shared<Tx>(
      Tx{fixed_from<TxHash>(sha256(as_bytes(name)).view()), std::move(transfers)});
}

Chain::Chain(Settings settings, std::set<Address> ours)
    : settings_(settings), ours_(std::move(ours)) {
  for (std::uint64_t i = 0; i < settings_.first_blocks; ++i) {
    append({}, static_cast<std::int64_t>(i) * 1000 - 1'000'000);
  }
  finalize();
}

void Chain::append(std::vector<TxPtr> txs, std::int64_t now_ms) {
  auto block = std::make_shared<Block>();
  std::int64_t time = (kBeginMs + now_ms) / 1000 * 1000;
  BlockHash parent;
  if (!canonical_.empty()) {
    block->parent = canonical_.back();
    parent = block->parent->ref.hash;
    time = std::max(time, to_ms(block->parent->ref.time) + 1000);
    block->reached = block->parent->reached;
  }
  block->ref.number = canonical_.size();
  block->ref.time = from_ms(time);
  block->txs = std::move(txs);
  Header header{.receipts_root = {}, .bloom = {}, .extra = std::to_string(mined_++)};
  std::vector<chains::evm::Receipt> receipts;
  std::vector<Bytes> encoded;
  for (const TxPtr& tx : block->txs) {
    chains::evm::Receipt receipt;
    receipt.type = 2;
    receipt.outcome = true;
    receipt.cumulative_gas_used = 50'000 * (receipts.size() + 1);
    for (const Transfer& transfer : tx->transfers) receipt.logs.push_back(event_of(transfer));
    receipt.logs_bloom = chains::evm::bloom_of(receipt.logs);
    for (std::size_t i = 0; i < header.bloom.bytes.size(); ++i) {
      header.bloom.bytes[i] |= receipt.logs_bloom.bytes[i];
    }
    encoded.push_back(chains::evm::encode_receipt(receipt));
    receipts.push_back(std::move(receipt));
  }
  header.receipts_root = chains::evm::ListTrie(encoded).root();
  block->ref.hash = hash_of(*block, parent, header);
  block->header_json = header_json(*block, parent, header);
  for (std::size_t tx = 0; tx < block->txs.size(); ++tx) {
    block->receipts.push_back(receipt_json(*block, tx, receipts[tx]));
    block->first_log.push_back(block->logs.size());
    for (std::size_t i = 0; i < receipts[tx].logs.size(); ++i) {
      const Transfer& transfer = block->txs[tx]->transfers[i];
      const auto index = static_cast<std::uint32_t>(block->logs.size());
      block->logs.push_back({transfer.token, log_json(*block, tx, index, receipts[tx].logs[i])});
      const bool counts = transfer.token != Token::Unlisted && transfer.value > 0;
      if (!counts || !ours_.contains(transfer.to) || transfer.from == transfer.to) continue;
      block->ours.push_back({block->txs[tx]->hash, index, transfer});
      block->reached[static_cast<std::size_t>(transfer.token)] += transfer.value;
      last_credit_ = std::max(last_credit_, block->ref.number);
    }
  }
  all_.emplace(block->ref.hash, block);
  canonical_.push_back(std::move(block));
  highest_ = std::max(highest_, head().ref.number);
}

void Chain::finalize() {
  // By depth a client reckons from the highest block that it was ever told.
  const std::uint64_t from = settings_.by_tag ? head().ref.number : highest_;
  final_ = std::max(final_, from > settings_.trail ? from - settings_.trail : 0);
}

void Chain::mine(std::int64_t now_ms) {
  append(std::exchange(waiting_, {}), now_ms);
  finalize();
}

void Chain::reorganise(std::uint64_t depth, std::uint64_t blocks, Dice dice, std::int64_t now_ms) {
  depth = std::min(depth, head().ref.number - final_);
  if (depth == 0) return;
  std::vector<TxPtr> again;
  for (std::uint64_t i = 0; i < depth; ++i) {
    for (const TxPtr& tx : canonical_.back()->txs) {
      if (!dice.chance(20)) again.push_back(tx);
    }
    canonical_.pop_back();
  }
  for (std::size_t i = again.size(); i > 1; --i) std::swap(again[i - 1], again[dice.below(i)]);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    std::vector<TxPtr> some;
    while (!again.empty() && dice.chance(60)) {
      some.push_back(again.back());
      again.pop_back();
    }
    append(std::move(some), now_ms);
  }
  std::ranges::move(again, std::back_inserter(waiting_));
  finalize();
}

const Block* Chain::find(const BlockHash& hash) const {
  const auto found = all_.find(hash);
  return found == all_.end() ? nullptr : found->second.get();
}

}  // namespace settled::sim
