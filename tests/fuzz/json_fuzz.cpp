#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/json/canonical.hpp"
#include "daemon/json/parse.hpp"
#include "ledger/types/result.hpp"

// Whatever the bytes: no crash, an Invalid with a reason, or a value that survives its own
// canonical form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settled;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto parsed = daemon::json::parse_strict(body);
  if (!parsed) {
    INVARIANT(parsed.error().code == Errc::Invalid && !parsed.error().reason.empty());
    return 0;
  }
  const std::string canonical = daemon::json::canonical(*parsed);
  const auto again = daemon::json::parse_strict(canonical);
  INVARIANT(again.has_value() && *again == *parsed);
  INVARIANT(daemon::json::canonical(*again) == canonical);
  return 0;
}
