#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chains/http/transport.hpp"
#include "ledger/types/result.hpp"
#include "tests/sim/faults.hpp"

namespace settled::sim {

struct ReceiverWindow {
  ReceiverFault fault = ReceiverFault::Down;
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
  std::uint64_t strength = 1;  ///< seconds
};

/// The merchant's side of webhooks: takes them, or fails to, and remembers.
class Receiver {
 public:
  struct Event {
    std::string body;       ///< of the first attempt
    std::size_t place = 0;  ///< among the first attempts of all events
    bool acknowledged = false;
  };

  void plan(ReceiverWindow window) { windows_.push_back(window); }
  const ReceiverWindow* has(ReceiverFault fault, std::int64_t now_ms) const;

  /// An attempt has left the daemon, whatever becomes of it. What is wrong with it, or nothing.
  std::string left(const chains::http::Request& request);
  /// It has arrived.
  Result<chains::http::Response> arrived(const chains::http::Request& request, std::int64_t now_ms);

  /// By webhook-id.
  const std::map<std::string, Event>& events() const { return events_; }

  static constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

 private:
  std::vector<ReceiverWindow> windows_;
  std::map<std::string, Event> events_;
};

}  // namespace settled::sim
