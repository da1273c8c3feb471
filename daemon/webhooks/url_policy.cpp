#include "daemon/webhooks/url_policy.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "chains/http/address_policy.hpp"

namespace settled::daemon::webhooks {
namespace {

constexpr std::size_t kMaxUrlBytes = 2'048;
/// Below the user ports (RFC 6335 section 6) stand mail, name and remote shell servers, to which a
/// request of ours could be made to speak.
constexpr std::uint16_t kFirstUserPort = 1'024;
constexpr std::uint16_t kHttpsPort = 443;

// The rule of the WHATWG URL standard ("ends in a number"): what resolvers in the tradition of
// inet_aton read as an IPv4 address, in however many parts and whatever base.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  const bool decimal = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
  return !last.empty() && (decimal || last.starts_with("0x"));
}

bool is_localhost(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace

std::unexpected<Error> forbidden_url(std::string detail) {
  return fail(Errc::Rejected, "forbidden_url", std::move(detail), "url");
}

Result<chains::http::Url> check_url_text(std::string_view url, bool allow_private_networks) {
  if (url.size() > kMaxUrlBytes) return forbidden_url("the URL is longer than 2048 bytes");
  auto parsed = chains::http::parse_url(url);
  if (!parsed) return forbidden_url(parsed.error().detail);
  if (allow_private_networks) return parsed;
  if (!parsed->tls) return forbidden_url("the URL must start with https://");
  if (parsed->port != kHttpsPort && parsed->port < kFirstUserPort) {
    return forbidden_url("the port must be 443, or 1024 or above");
  }

  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(parsed->host, not_an_address);
  if (!not_an_address) {
    if (auto allowed = chains::http::require_public(address); !allowed) {
      return forbidden_url(allowed.error().detail);
    }
    return parsed;
  }
  std::string_view host = parsed->host;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (ends_in_number(host)) return forbidden_url("the host is a number and no plain address");
  if (is_localhost(host)) return forbidden_url("the host is this machine");
  return parsed;
}

}  // namespace settled::daemon::webhooks
