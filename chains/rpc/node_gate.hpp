#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "chains/http/task.hpp"
#include "chains/rpc/bell.hpp"
#include "chains/rpc/token_bucket.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

/// Before each request to one node: so many calls in a second, and so many bytes of answers under
/// way. Requests wait their turn, first come first served; none is dropped but where the queue is
/// longer than its bound. On the io_context's thread.
class NodeGate {
 public:
  struct Settings {
    std::optional<std::uint32_t> max_requests_per_second = {};
    /// Of all answers together that the node may send at one time.
    std::size_t max_bytes_under_way = std::size_t{128} << 20;
    std::size_t max_waiting = 256;
  };

  /// The clock must outlive every question under way.
  NodeGate(const Clock& clock, Wait wait, Settings settings);

 private:
  struct Line;

 public:
  /// The right to receive so many bytes, until it is destroyed.
  class Pass {
   public:
    Pass(std::shared_ptr<Line> line, std::size_t bytes);
    ~Pass();
    Pass(Pass&& other) noexcept = default;
    Pass& operator=(Pass&&) = delete;

   private:
    std::shared_ptr<Line> line_;  // nothing in one that was moved from
    std::size_t bytes_;
  };

  /// REQUIRES: at most `largest_batch()` calls and `max_bytes_under_way` bytes.
  /// Unavailable `overloaded` where too many wait, or it would take more than ten seconds.
  http::Task<Result<Pass>> enter(std::size_t calls, std::size_t bytes);

  /// More calls never travel together.
  std::size_t largest_batch() const;
  std::size_t bytes_under_way() const;
  std::size_t waiting() const;

 private:
  const Clock& clock_;
  Wait wait_;
  std::optional<TokenBucket> bucket_;
  std::shared_ptr<Line> line_;  // shared with the passes, which may outlive the gate
};

}  // namespace settled::chains::rpc
