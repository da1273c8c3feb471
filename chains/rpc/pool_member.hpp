#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "chains/rpc/node_gate.hpp"
#include "chains/rpc/pool.hpp"

namespace settled::chains::rpc {

/// A node, what is thought of it, and what it is being asked.
struct NodePool::Member {
  Member(http::Transport& transport, const Clock& clock, Wait wait, std::size_t at,
         const Node::Settings& settings)
      : index(at),
        gate(clock, std::move(wait), gate_settings(settings)),
        node(transport, settings, &gate) {}

  static NodeGate::Settings gate_settings(const Node::Settings& settings) {
    NodeGate::Settings out{.max_requests_per_second = settings.max_requests_per_second};
    out.max_bytes_under_way = 2 * settings.max_answer_bytes;
    return out;
  }

  std::size_t index;
  NodeGate gate;
  Node node;
  NodeStanding standing = {};
  bool verified = false;     // its chain id is right; asked again after it was down
  bool asked_heads = false;  // and it has not answered
  bool late = false;         // with its latest heads
  std::size_t open = 0;      // questions in the background
};

/// A question that a node is asked, from its beginning to its end: answered, failed, or given up by
/// who asked. A probe that ends without a word about the node must not keep the next one away.
class NodePool::Question {
 public:
  Question() = default;  ///< to no node
  Question(MemberPtr member, Time now)
      : member_(std::move(member)), probe_(member_->standing.begin(now)) {}
  ~Question() {
    if (member_) member_->standing.over(probe_);
  }
  Question(Question&& other) noexcept = default;  // which has no member then
  Question& operator=(Question&&) = delete;

  explicit operator bool() const { return member_ != nullptr; }
  Member& member() const { return *member_; }

 private:
  MemberPtr member_ = nullptr;
  std::uint64_t probe_ = 0;
};

}  // namespace settled::chains::rpc
