#include "chains/http/address_policy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace settled::chains::http {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;
using V6Bytes = address_v6::bytes_type;

struct V4Range {
  std::uint32_t first;
  int prefix;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0) {
  return a << 24 | b << 16 | c << 8;
}

// The registry of RFC 6890: this network, private, carrier NAT, loopback, link-local (the cloud's
// metadata service), private, protocol assignments, documentation, the 6to4 relay, private,
// benchmarks, documentation twice, multicast, reserved with the broadcast address.
constexpr V4Range kNotPublic[] = {
    {v4(0, 0), 8},         {v4(10, 0), 8},     {v4(100, 64), 10}, {v4(127, 0), 8},
    {v4(169, 254), 16},    {v4(172, 16), 12},  {v4(192, 0), 24},  {v4(192, 0, 2), 24},
    {v4(192, 88, 99), 24}, {v4(192, 168), 16}, {v4(198, 18), 15}, {v4(198, 51, 100), 24},
    {v4(203, 0, 113), 24}, {v4(224, 0), 4},    {v4(240, 0), 4},
};

struct V6Range {
  V6Bytes first;
  int prefix;
};

/// What IANA has given out for global unicast (RFC 4291); everything else is refused.
constexpr V6Range kGlobalUnicast{{0x20}, 3};
/// And what of it is special, by the registry of RFC 6890.
constexpr V6Range kNotPublicV6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, benchmarks, ORCHID, AMT, ...
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4 carries an IPv4 address (RFC 7526: not to be used)
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48},  // AS112, where look-ups of private addresses end
    {{0x3f, 0xfe}, 16},                    // the returned 6bone
    {{0x3f, 0xff}, 20},                    // documentation (RFC 9637)
};

bool within(const V6Bytes& bytes, const V6Range& range) {
  const auto whole = static_cast<std::size_t>(range.prefix / 8);
  if (!std::equal(bytes.begin(), bytes.begin() + whole, range.first.begin())) return false;
  const int rest = range.prefix % 8;
  return rest == 0 || (bytes[whole] ^ range.first[whole]) >> (8 - rest) == 0;
}

std::optional<address_v4> embedded_v4(const V6Bytes& bytes) {
  constexpr V6Range kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
  constexpr V6Range kTranslated{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};  // RFC 2765
  constexpr V6Range kNat64{{0x00, 0x64, 0xff, 0x9b}, 96};
  if (!within(bytes, kMapped) && !within(bytes, kTranslated) && !within(bytes, kNat64)) {
    return std::nullopt;
  }
  return address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

bool is_public_v4(const address_v4& v4_address) {
  const std::uint32_t value = v4_address.to_uint();
  return std::ranges::none_of(kNotPublic, [&](const V4Range& range) {
    return (value ^ range.first) >> (32 - range.prefix) == 0;
  });
}

}  // namespace

bool is_public(const address& candidate) {
  if (candidate.is_v4()) return is_public_v4(candidate.to_v4());
  const V6Bytes bytes = candidate.to_v6().to_bytes();
  if (const auto carried = embedded_v4(bytes)) return is_public_v4(*carried);
  return within(bytes, kGlobalUnicast) &&
         std::ranges::none_of(kNotPublicV6,
                              [&](const V6Range& range) { return within(bytes, range); });
}

Status require_public(const address& candidate) {
  if (is_public(candidate)) return {};
  return fail(Errc::Rejected, "forbidden_address",
              "the address " + candidate.to_string() + " is not on the public internet");
}

}  // namespace settled::chains::http
