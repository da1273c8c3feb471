#include <cstdint>
#include <string_view>

#include "tests/fuzz/outbox_rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  settled::tests::decode_outbox({reinterpret_cast<const char*>(data), size});
  return 0;
}
