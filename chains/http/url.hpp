#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/types/result.hpp"

namespace settled::chains::http {

struct Url {
  bool tls = false;        ///< https
  std::string host;        ///< a name in lower case or an IP address, IPv6 without brackets
  std::uint16_t port = 0;  ///< given, or 80 and 443
  std::string target;      ///< path and query as they were written, at least "/"

  std::string_view scheme() const { return tls ? "https" : "http"; }
  /// For the Host header: brackets around IPv6, the port unless it is the scheme's own.
  std::string authority() const;
  /// What connections are kept by: scheme, host and port.
  std::string origin() const;
};

/// An absolute http or https URL (RFC 3986). User and password are refused, so that no secret ends
/// up in a log; a fragment is refused too. Error: Invalid `invalid_url`.
Result<Url> parse_url(std::string_view text);
/// The same for a ws or wss URL (RFC 6455 section 3), whose ports are those of http and https;
/// `tls` is that of wss.
Result<Url> parse_web_socket_url(std::string_view text);

}  // namespace settled::chains::http
