#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "chains/proof/transfer.hpp"
#include "daemon/receipt/receipt.hpp"
#include "daemon/receipt/transfer_receipt.hpp"

namespace {

using namespace settled;

void read_transfer(std::string_view text) {
  const auto receipt = daemon::receipt::parse_transfer(text);
  if (!receipt) {
    INVARIANT(receipt.error().code == Errc::Invalid && !receipt.error().reason.empty());
    return;
  }
  const auto again = daemon::receipt::parse_transfer(daemon::receipt::to_json(*receipt).dump());
  INVARIANT(again.has_value() && again->proof == receipt->proof);
  const auto proven = chains::proof::verify_transfer_proof(receipt->proof);
  INVARIANT(proven.has_value() || proven.error().code == Errc::Corrupt);
}

}  // namespace

// A receipt from a stranger: refused with a reason, or read such that it is printed the same again,
// and verified without a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_transfer(text);
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
