#include "chains/http/url.hpp"

#include <algorithm>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace settled::chains::http {
namespace {

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_url", std::move(detail));
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Percent-decoded names may hold anything, a line break for the Host header among them.
bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

Result<std::string> host_of(const boost::urls::url_view& url) {
  std::string host(url.host_address());
  std::ranges::transform(host, host.begin(), to_lower);
  switch (url.host_type()) {
    case boost::urls::host_type::ipv4:
    case boost::urls::host_type::ipv6:
      return host;
    case boost::urls::host_type::name:
      if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, is_name_character)) {
        return invalid("the URL has no valid host name");
      }
      return host;
    case boost::urls::host_type::none:
    case boost::urls::host_type::ipvfuture:
      break;
  }
  return invalid("the URL has no usable host");
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.contains(':') ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string Url::origin() const {
  return std::string(scheme()) + "://" + authority();
}

Result<Url> parse_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return invalid("not an absolute URL");
  const boost::urls::url_view& url = *parsed;
  Url out;
  switch (url.scheme_id()) {
    case boost::urls::scheme::http:
      break;
    case boost::urls::scheme::https:
      out.tls = true;
      break;
    default:
      return invalid("the URL must start with http:// or https://");
  }
  if (!url.has_authority()) return invalid("the URL has no host");
  if (url.has_userinfo()) return invalid("the URL must not hold a user or password");
  if (url.has_fragment()) return invalid("the URL must not hold a fragment");
  TRY(out.host, host_of(url));
  out.port = out.tls ? 443 : 80;
  if (url.has_port() && !url.port().empty()) {
    out.port = url.port_number();
    if (out.port == 0) return invalid("the URL's port is out of range");
  }
  out.target = std::string(url.encoded_target());
  if (!out.target.starts_with('/')) out.target.insert(0, 1, '/');
  return out;
}

Result<Url> parse_web_socket_url(std::string_view text) {
  std::string scheme(text.substr(0, text.find(':')));
  std::ranges::transform(scheme, scheme.begin(), to_lower);
  if (scheme != "ws" && scheme != "wss") {
    return invalid("the URL must start with ws:// or wss://");
  }
  const std::string_view rest = text.substr(scheme.size());
  return parse_url((scheme == "ws" ? "http" : "https") + std::string(rest));
}

}  // namespace settled::chains::http
