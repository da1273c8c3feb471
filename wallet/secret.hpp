#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"

namespace settled::wallet {

/// Overwrites `bytes` in a way that the compiler cannot leave out.
void wipe(std::span<std::uint8_t> bytes);
void wipe(std::string& text);

/// Bytes that must not leak: a seed, a passphrase, a decrypted key. Move-only, overwritten when
/// destroyed or assigned to, and without printing or comparison, so that neither a log line nor a
/// failed test shows them. A moved-from Secret is empty. Not shared between threads while written.
class Secret {
 public:
  Secret() = default;
  /// `size` zero bytes, to be filled through `writable`.
  explicit Secret(std::size_t size);
  static Secret copy_of(BytesView bytes);
  static Secret copy_of(std::string_view text) { return copy_of(as_bytes(text)); }
  /// Copies the text and wipes it where it was.
  static Secret taken_from(std::string& text);

  ~Secret() { clear(); }
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  BytesView view() const { return {bytes_.get(), size_}; }
  std::string_view text() const { return as_text(view()); }
  std::span<std::uint8_t> writable() { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  void clear();

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace settled::wallet
