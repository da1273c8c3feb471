#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/chain_reader.hpp"
#include "chains/later_sweep.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/fake_nodes.hpp"
#include "tests/chains/follower_rig.hpp"
#include "tests/chains/http/server.hpp"

namespace settled::tests {

inline std::string url_of_node(std::size_t node) {
  return "http://node" + std::to_string(node);
}

inline chains::ChainSettings provable_settings() {
  chains::ChainSettings settings = fake_settings();
  settings.provable = true;
  return settings;
}

/// Nodes of one chain whose blocks were read from the first one, and are read again.
struct LaterSweepRig {
  explicit LaterSweepRig(std::size_t count = 3, chains::ChainSettings chain = fake_settings())
      : settings(std::move(chain)), pool(nodes, clock, random, pool_settings(count)) {
    node(0).mine(3);
    node(0).mine_with({payment("a", 5), payment("b", 7)});
    node(0).mine(6);
  }

  FakeNode& node(std::size_t index) { return nodes.nodes.at(url_of_node(index)); }
  static bool wanted(const chains::evm::Address&, const chains::evm::Address& to) {
    return to == address(1);
  }

  /// The other nodes have the first one's blocks.
  void all_tell_alike() {
    for (auto& [url, other] : nodes.nodes) other.blocks = node(0).blocks;
  }
  /// What the first node tells of the blocks up to `to` is handed over, and `final_number` final;
  /// all tell alike then.
  void take(std::uint64_t from, std::uint64_t to, std::uint64_t final_number) {
    const auto read = chains::http::run(io, reader.blocks(from, to));
    REQUIRE(read);
    sweep.took({"base", final_number, read->blocks});
    all_tell_alike();
  }
  /// The same as a node tells it that leaves out all that they hold, and its header does not say
  /// so.
  void take_without_transfers(std::uint64_t from, std::uint64_t to, std::uint64_t final_number) {
    chains::BlockBatch batch{"base", final_number, {}};
    for (std::uint64_t number = from; number <= to; ++number) {
      const FakeBlock& block = node(0).blocks[number];
      batch.blocks.push_back({block.block, block.parent, {}});
    }
    sweep.took(batch);
    all_tell_alike();
  }
  /// A process begins that finds the blocks up to `head` in the books, and `final_number` final.
  void restart(std::uint64_t head, std::uint64_t final_number) {
    all_tell_alike();
    sweep.starts_after(head, final_number);
  }
  void run() {
    const auto swept = [](chains::LaterSweep& later) -> chains::http::Task<bool> {
      co_await later.sweep();
      co_return true;
    };
    REQUIRE(chains::http::run(io, swept(sweep)));
  }
  /// eth_getLogs that were put to the nodes since the last time.
  std::vector<std::string> asked() { return std::exchange(nodes.ranges, {}); }

  chains::rpc::NodePool::Settings pool_settings(std::size_t count) {
    chains::rpc::NodePool::Settings out{.chain_id = 31337, .nodes = {}};
    for (std::size_t i = 0; i < count; ++i) {
      nodes.add(url_of_node(i));
      out.nodes.push_back({.name = "node" + std::to_string(i), .url = url_of_node(i)});
    }
    return out;
  }

  boost::asio::io_context io;
  FakeNodes nodes;
  HastyClock clock;
  SystemRandom random;
  chains::ChainSettings settings;
  chains::rpc::NodePool pool;
  chains::ChainReader reader{settings, pool, &wanted};
  std::vector<std::string> differences;
  std::vector<std::uint64_t> missed;  // blocks that were to be booked, once for each time
  bool books_take = true;
  chains::LaterSweep::OnMissed book = {};     // asked in their stead
  std::optional<std::uint64_t> swept_before;  // by an earlier process
  bool books_hide_it = false;                 // and it cannot be read
  std::vector<std::uint64_t> asked_from;      // the head of each time that it was asked for
  std::vector<std::string> asked_books;       // "block/log" of each transfer
  bool books_fail = false;
  std::uint64_t booked_units = 0;      // the books have the transfers of so many
  std::vector<std::uint64_t> reached;  // what was to be noted
  bool books_note = true;
  chains::LaterSweep sweep{
      settings,
      pool,
      &wanted,
      [this](const std::string& name, const Error& error) {
        differences.push_back(name + " " + error.reason + ": " + error.detail);
      },
      [this](std::uint64_t number) -> chains::http::Task<bool> {
        missed.push_back(number);
        co_return book ? co_await book(number) : books_take;
      },
      {.swept = [this](std::uint64_t head) -> Result<std::uint64_t> {
         asked_from.push_back(head);
         if (books_hide_it) return fail(Errc::Unavailable, "store_read_failed", "a file");
         return swept_before.value_or(head);
       },
       .have = [this](std::uint64_t number, const chains::SeenTransfer& transfer) -> Result<bool> {
         asked_books.push_back(std::to_string(number) + "/" + std::to_string(transfer.log_index));
         if (books_fail) return fail(Errc::Corrupt, "corrupt_record", "a row");
         return transfer.base_units == booked_units;
       },
       .reached =
           [this](std::uint64_t number) {
             reached.push_back(number);
             return books_note;
           }}};
};

/// As the transfers of block 4 are named.
inline std::string log_zero() {
  return "log 0 of block 4 (transaction " + to_0x(sha256(as_bytes("a")).view()) + ")";
}
inline std::string log_one() {
  return "log 1 of block 4 (transaction " + to_0x(sha256(as_bytes("b")).view()) + ")";
}

}  // namespace settled::tests
