#include <cstdint>
#include <string_view>

#include "ledger/log.hpp"
#include "ledger/witness.hpp"

// What is read back of the tail file and of the log: nothing, or the same bytes again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settled;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto mark = ledger::decode_tail(bytes)) INVARIANT(ledger::encode_tail(*mark) == bytes);
  for (const bool format_1 : {false, true}) {
    const auto record = ledger::LogRecord::parse(bytes, format_1);
    if (record) INVARIANT(record->stored() == bytes);
    if (!record) INVARIANT(record.error().reason == "corrupt_log");
  }
  return 0;
}
