#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chains/http/transport.hpp"
#include "tests/sim/chain.hpp"
#include "tests/sim/faults.hpp"

namespace settled::sim {

/// One fault of one node.
struct FaultWindow {
  NodeFault fault = NodeFault::Down;
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
  std::uint64_t strength = 1;  ///< blocks, seconds or every how many, as the fault has it
};

/// One JSON-RPC node: what it answers, and when it does not.
class Node {
 public:
  /// The chain must outlive the node.
  Node(const Chain& chain, std::uint64_t chain_id) : chain_(chain), chain_id_(chain_id) {}

  void plan(FaultWindow window) { windows_.push_back(window); }
  /// The fault with which it does something now, null: none of that kind.
  const FaultWindow* has(NodeFault fault, std::int64_t now_ms) const;
  /// The whole answer to a request, where there is one.
  chains::http::Response answer(const std::string& body, std::int64_t now_ms);

 private:
  /// The blocks that it tells of, from block 0.
  struct View {
    const std::vector<BlockPtr>* blocks;
    std::size_t size;
    std::uint64_t final_number;
    const Block& latest() const { return *(*blocks)[size - 1]; }
    const Block* at(std::uint64_t number) const {
      return number < size ? (*blocks)[number].get() : nullptr;
    }
    const Block* at(const std::string& hash) const;
  };
  View view(std::int64_t now_ms);
  std::string one(const nlohmann::json& call, std::int64_t now_ms, bool batched);
  std::string block(const nlohmann::json& params, std::int64_t now_ms, bool batched);
  std::string logs(const nlohmann::json& filter, std::int64_t now_ms, std::string& error);
  std::string receipts(const nlohmann::json& params, std::int64_t now_ms);
  std::string told_log(const Block& block, std::size_t index, std::int64_t now_ms) const;
  bool leaves_out(const Block& block, std::size_t index, bool by_number, std::int64_t now_ms) const;

  const Chain& chain_;
  const std::uint64_t chain_id_;
  std::vector<FaultWindow> windows_;
  std::vector<BlockPtr> frozen_;
  std::uint64_t frozen_final_ = 0;
  const FaultWindow* frozen_by_ = nullptr;
};

}  // namespace settled::sim
