#include "config/settings.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace settled::config {
namespace {

bool is_address(int family, const std::string& host) {
  in6_addr parsed{};
  return ::inet_pton(family, host.c_str(), &parsed) == 1;
}

}  // namespace

Result<Endpoint> parse_endpoint(const std::string& text) {
  const auto bad = [] {
    return fail(Errc::Invalid, "bad_endpoint",
                "expected ADDRESS:PORT such as 127.0.0.1:8080, [::1]:8080 or localhost:8080");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.find('\0') != std::string::npos) return bad();
  Endpoint out;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (error != std::errc{} || stop != end) return bad();

  std::string host = text.substr(0, colon);
  if (host == "localhost") {
    out.host = "127.0.0.1";
  } else if (host.starts_with('[') && host.ends_with(']')) {
    out.host = host.substr(1, host.size() - 2);
    if (!is_address(AF_INET6, out.host)) return bad();
  } else {
    out.host = std::move(host);
    if (!is_address(AF_INET, out.host)) return bad();
  }
  return out;
}

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace settled::config
