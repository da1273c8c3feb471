#include "tests/chains/rpc/pool_world.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

namespace settled::chains::rpc {

using nlohmann::json;

void Zeros::fill(std::span<std::uint8_t> out) {
  std::ranges::fill(out, std::uint8_t{0});
}

Wait ScriptedWaits::wait() {
  return [all = all_](std::chrono::milliseconds duration) { return wait_for(all, duration); };
}

Task<void> ScriptedWaits::wait_for(std::shared_ptr<All> all, std::chrono::milliseconds duration) {
  const auto waiting =
      std::make_shared<Waiting>(duration, Bell(co_await boost::asio::this_coro::executor));
  all->push_back(waiting);
  struct Ends {
    All& all;
    const std::shared_ptr<Waiting>& waiting;
    ~Ends() { std::erase(all, waiting); }
  } ends{*all, waiting};
  co_await waiting->bell.wait();
}

std::vector<std::chrono::milliseconds> ScriptedWaits::under_way() const {
  std::vector<std::chrono::milliseconds> out;
  for (const auto& waiting : *all_) out.push_back(waiting->duration);
  return out;
}

void ScriptedWaits::over() {
  for (const auto& waiting : *all_) waiting->bell.ring();
}

PoolWorld::PoolWorld(std::size_t count, std::size_t min_agreeing_nodes)
    : pool(nodes, clock, random, settings(count, min_agreeing_nodes)) {
  for (const std::string& url : {kOne, kTwo, kThree}) {
    nodes.on(url, "eth_chainId", [](const json&) { return "0x1"; });
    head(url, 100);
  }
}

NodePool::Settings PoolWorld::settings(std::size_t count, std::size_t min_agreeing_nodes) {
  NodePool::Settings out{.chain_id = 1, .nodes = {}};
  out.nodes = {{"one", kOne}, {"two", kTwo}, {"three", kThree}};
  out.nodes.resize(count);
  out.min_agreeing_nodes = min_agreeing_nodes;
  out.on_forgery = [this](const std::string& node, const Error& error) {
    forgeries.push_back(node + " " + error.reason);
  };
  out.on_incident = [this](const std::string& node, const Error& error) {
    incidents.push_back(node + " " + error.reason);
  };
  out.wait = waits.wait();
  return out;
}

void PoolWorld::head(const std::string& url, std::uint64_t number,
                     std::optional<std::uint64_t> finalized) {
  nodes.on(url, "eth_getBlockByNumber", [number, finalized](const json& params) -> json {
    if (params.at(0) == "latest") return block_json(number);
    if (params.at(0) == "finalized" && finalized) return block_json(*finalized);
    if (params.at(0) == "0x64") return block_json(100);
    return nullptr;
  });
}

void PoolWorld::fails(const std::string& url, Error error) {
  nodes.on_request(url, [error](const http::Request&) -> Result<http::Response> {
    return std::unexpected(error);
  });
}

void PoolWorld::recheck() {
  http::run(io, [](NodePool& nodes_of_chain) -> Task<bool> {
    co_await nodes_of_chain.recheck();
    co_return true;
  }(pool));
}

std::size_t PoolWorld::asked(const std::string& url) const {
  return static_cast<std::size_t>(std::ranges::count(nodes.requests, url, &http::Request::url));
}

}  // namespace settled::chains::rpc
