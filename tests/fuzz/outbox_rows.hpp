#pragma once

#include <cstddef>
#include <string_view>

namespace settled::tests {

/// How much of it was taken for what it said to be.
struct OutboxRead {
  std::size_t rows = 0;
  std::size_t deliveries = 0;  ///< shown one by one, since whole
  bool loaded = false;         ///< a daemon would start on it
};

/// Rows of the webhooks' outbox, behind its prefix (each: u8 length and key, u32 length and value),
/// loaded, listed, shown and refitted as the daemon and a repair do it. None may crash, or fail
/// with an error without a name.
OutboxRead decode_outbox(std::string_view bytes);

}  // namespace settled::tests
