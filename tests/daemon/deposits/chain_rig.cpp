#include "tests/daemon/deposits/chain_rig.hpp"

#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

namespace settled::tests {
namespace {

using chains::evm::Address;

chains::ChainSettings rig_settings(chains::Finality finality) {
  chains::ChainSettings out = fake_settings(finality);
  out.tokens.front().address = fixed_from<Address>(usdc_address());
  return out;
}

}  // namespace

FakeTransfer usdc(const std::string& name, const std::string& to, std::uint64_t value,
                  const std::string& from) {
  return {.token = fixed_from<Address>(usdc_address()),
          .from = fixed_from<Address>(from),
          .to = fixed_from<Address>(to),
          .value = value,
          .name = name};
}

ChainRig::ChainRig(chains::Finality finality)
    : node(nodes.add("http://node0")), settings(rig_settings(finality)) {
  chains::rpc::NodePool::Settings pool{.chain_id = 31337, .nodes = {}};
  pool.nodes.push_back({.name = "node0", .url = "http://node0"});
  pool_.emplace(nodes, clock_, random_, std::move(pool));
}

ChainRig::~ChainRig() {
  stop();
}

void ChainRig::make(std::vector<Address> signers) {
  stop();
  deposits_.emplace(io_.get_executor(), fixture.book(), settings, *pool_, clock_, signers);
}

Status ChainRig::open() {
  make({});
  std::optional<Status> opened;
  boost::asio::co_spawn(io_, deposits_->open(), [&](std::exception_ptr thrown, Status status) {
    REQUIRE(thrown == nullptr);
    opened = std::move(status);
  });
  io_.restart();
  io_.run();
  return opened.value();
}

void ChainRig::start(std::vector<Address> signers) {
  make(std::move(signers));
  running_ = true;
  auto at_end = [this](std::exception_ptr, Status) { running_ = false; };
  boost::asio::co_spawn(io_, deposits_->run(),
                        boost::asio::bind_cancellation_slot(stop_.slot(), std::move(at_end)));
  io_.restart();
}

void ChainRig::stop() {
  if (!running_) return;
  stop_.emit(boost::asio::cancellation_type::terminal);
  io_.run();
}

void ChainRig::until(const std::function<bool()>& reached) {
  for (int i = 0; i < 100'000 && !reached(); ++i) {
    deposits_->wake();
    io_.run_one();
  }
  INFO(deposits_->status().reason << ": " << deposits_->status().detail);
  REQUIRE(reached());
}

void ChainRig::until_settled() {
  until([this] {
    const auto& status = deposits_->status();
    return status.head == node.blocks.back().block &&
           status.final_number >= node.finalized.value_or(0);
  });
}

}  // namespace settled::tests
