#include <cstdint>
#include <string_view>

#include "tests/fuzz/stored_bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  settled::tests::decode_engine_files({reinterpret_cast<const char*>(data), size});
  return 0;
}
