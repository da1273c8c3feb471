#include "wallet/secret.hpp"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>

namespace settled::wallet {

void wipe(std::span<std::uint8_t> bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::size_t size) : bytes_(std::make_unique<std::uint8_t[]>(size)), size_(size) {}

Secret Secret::copy_of(BytesView bytes) {
  Secret out(bytes.size());
  std::ranges::copy(bytes, out.writable().begin());
  return out;
}

Secret Secret::taken_from(std::string& text) {
  Secret out = copy_of(text);
  wipe(text);
  return out;
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    clear();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Secret::clear() {
  if (bytes_ != nullptr) wipe(writable());
  bytes_.reset();
  size_ = 0;
}

}  // namespace settled::wallet
