#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "chains/http/transport.hpp"

namespace settled::chains::rpc {

/// Where a node is reached and what it is allowed to cost.
struct Endpoint {
  std::string name;  ///< for people: health, logs
  std::string url;
  http::Headers headers = {};  ///< e.g. an API key
  std::string lane = {};       ///< whose connections these are, as in http::Request
  std::chrono::milliseconds timeout{10'000};
  std::size_t max_answer_bytes = std::size_t{64} << 20;
  std::size_t max_batch = 100;  ///< more questions are split over several requests
  std::optional<std::uint32_t> max_requests_per_second = {};  ///< counted by calls, not batches
};

}  // namespace settled::chains::rpc
