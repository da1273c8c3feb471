#pragma once

#include <boost/asio/ip/address.hpp>

#include "ledger/types/result.hpp"

namespace settled::chains::http {

/// True if a server on the public internet can have the address (IANA special-purpose registries,
/// RFC 6890). IPv6 addresses that carry an IPv4 address (v4-mapped, NAT64 64:ff9b::/96) are judged
/// by the address they carry; others must be global unicast, 2000::/3 less what is special. Pure.
bool is_public(const boost::asio::ip::address& address);

/// An address filter for `Client`: Rejected `forbidden_address` unless `is_public`.
Status require_public(const boost::asio::ip::address& address);

}  // namespace settled::chains::http
