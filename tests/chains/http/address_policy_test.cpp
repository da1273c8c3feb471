#include "chains/http/address_policy.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace settled::chains::http {

TEST_CASE("Addresses of the public internet are allowed") {
  const std::string text =
      GENERATE("1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1",
               "128.0.0.1", "169.253.1.1", "169.255.0.0", "172.15.255.255", "172.32.0.0",
               "192.0.1.1", "192.167.1.1", "192.169.0.0", "198.17.255.255", "198.20.0.0",
               "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8",
               "64:ff9b::808:808", "2001:200::1", "2003::1", "2a00::1", "3ffd::1");
  CAPTURE(text);
  CHECK(is_public(boost::asio::ip::make_address(text)));
  CHECK(require_public(boost::asio::ip::make_address(text)));
}

TEST_CASE("Private, local, special and disguised addresses are not") {
  const std::string text = GENERATE(
      "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.127.255.255",
      "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255",
      "192.0.0.1", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255",
      "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.255",
      "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
      "::ffff:10.1.1.1", "::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "64:ff9b::a00:1",
      "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:808:808::1", "2002:a00:1::1", "2002:7f00:1::1",
      "2002:a9fe:a9fe::1", "100::1", "2001::1", "2001:db8::1", "fc00::1", "fdff::1", "fe80::1",
      "febf::1", "fec0::1", "ff02::1", "1fff::1", "4000::1", "5f00::1", "8000::1", "2001:2::1",
      "2001:20::1", "2001:1ff::1", "2620:4f:8000::1", "3ffe::1", "3fff::1", "3fff:fff::1");
  CAPTURE(text);
  CHECK_FALSE(is_public(boost::asio::ip::make_address(text)));
  const Status refused = require_public(boost::asio::ip::make_address(text));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == "forbidden_address");
}

}  // namespace settled::chains::http
