#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/receipt/receipt.hpp"

// A receipt from a stranger: refused with a reason, or read such that it is printed the same again,
// and verified without a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settled;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto receipt = daemon::receipt::parse(text);
  if (!receipt) {
    INVARIANT(receipt.error().code == Errc::Invalid && !receipt.error().reason.empty());
    return 0;
  }
  const std::string printed = daemon::receipt::to_json(receipt->proof, receipt->key).dump();
  const auto again = daemon::receipt::parse(printed);
  INVARIANT(again.has_value());
  INVARIANT(daemon::receipt::to_json(again->proof, again->key).dump() == printed);
  const auto verified = ledger::verify_entry(receipt->proof, receipt->key);
  INVARIANT(verified.has_value() || !verified.error().reason.empty());
  return 0;
}
