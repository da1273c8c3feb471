#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::http {

/// A request target taken apart; the fields are those of `Request`.
struct Target {
  std::string path;
  std::vector<std::string> segments;
  Pairs query;
};

/// Origin form ("/v1/payouts?limit=2"), absolute form ("http://host/v1/payouts", whose authority is
/// dropped) or "*" (RFC 9112 section 3.2). Error: Invalid `invalid_target` for any other form,
/// bytes that are not visible ASCII, a fragment, "." and ".." segments, and escapes that are
/// malformed or do not decode to UTF-8 without U+0000.
Result<Target> parse_target(std::string_view target);

}  // namespace settled::daemon::http
