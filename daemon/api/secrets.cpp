#include "daemon/api/secrets.hpp"

#include <array>

namespace settled::daemon::api {
namespace {

std::array<std::uint8_t, 32> secret_bytes(Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return bytes;
}

}  // namespace

std::string new_api_secret(Random& random) {
  return "sk_" + to_base64url(secret_bytes(random));
}

std::string api_secret_sha256(std::string_view secret) {
  return sha256(as_bytes(secret)).raw();
}

std::string new_webhook_secret(Random& random) {
  return "whsec_" + to_base64(secret_bytes(random));
}

}  // namespace settled::daemon::api
