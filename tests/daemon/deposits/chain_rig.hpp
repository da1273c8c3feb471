#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "chains/rpc/pool.hpp"
#include "daemon/deposits/deposits.hpp"
#include "tests/chains/fake_nodes.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::tests {

/// Deposits of the chain "base" into a real book, from one scripted node with block 0. USDC is at
/// the book fixture's address.
class ChainRig {
 public:
  explicit ChainRig(chains::Finality finality = {.by_tag = true, .depth = 0});
  ~ChainRig();

  /// One answer of `open`.
  Status open();
  /// Starts `run`, of a new object where there is one already.
  void start(std::vector<chains::evm::Address> signers = {});
  void stop();
  void until(const std::function<bool()>& reached);
  /// Until the book's head is the node's latest block, and its final block the one told.
  void until_settled();

  BookFixture fixture;
  FakeNodes nodes;
  FakeNode& node;
  chains::ChainSettings settings;
  daemon::deposits::Deposits& deposits() { return *deposits_; }

 private:
  void make(std::vector<chains::evm::Address> signers);

  boost::asio::io_context io_;
  HastyClock clock_;
  std::optional<chains::rpc::NodePool> pool_;
  std::optional<daemon::deposits::Deposits> deposits_;
  boost::asio::cancellation_signal stop_;
  SystemRandom random_;
  bool running_ = false;
};

/// Of the fixture's USDC, in base units.
FakeTransfer usdc(const std::string& name, const std::string& to, std::uint64_t value,
                  const std::string& from = address_of("payer"));

}  // namespace settled::tests
