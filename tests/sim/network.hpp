#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "chains/http/transport.hpp"
#include "tests/sim/bugs.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/receiver.hpp"
#include "tests/sim/trace.hpp"
#include "tests/sim/virtual_time.hpp"

namespace settled::sim {

/// All that the daemon can reach: the nodes, by URL, and one merchant's receiver. It outlives the
/// daemon's lives.
class Network final : public chains::http::Transport {
 public:
  static constexpr const char* kHook = "http://merchant/hook";

  Network(const VirtualTime& time, Trace& trace, std::uint64_t seed)
      : time_(time), trace_(trace), dice_(seed) {}

  Node& add(const std::string& url, Node node) {
    return nodes_.emplace(url, std::move(node)).first->second;
  }
  Node& node(const std::string& url) { return nodes_.at(url); }
  Receiver& receiver() { return receiver_; }
  /// Nothing leaves a process whose power is gone.
  std::function<bool()> powered = [] { return true; };
  /// An invariant was broken.
  std::function<void(std::string)> broken;
  Bug bug = Bug::None;

  chains::http::Task<Result<chains::http::Response>> send(chains::http::Request request,
                                                          chains::http::Limits limits) override;

 private:
  using Milliseconds = std::chrono::milliseconds;
  chains::http::Task<Result<chains::http::Response>> ask(Node* node, std::string body,
                                                         Milliseconds timeout);
  chains::http::Task<Result<chains::http::Response>> post(chains::http::Request request,
                                                          Milliseconds timeout);

  const VirtualTime& time_;
  Trace& trace_;
  Dice dice_;
  std::map<std::string, Node> nodes_;
  Receiver receiver_;
};

}  // namespace settled::sim
