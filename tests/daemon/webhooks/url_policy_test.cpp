#include "daemon/webhooks/url_policy.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace settled::daemon::webhooks {

TEST_CASE("Public https URLs are accepted") {
  for (const char* url :
       {"https://example.com/hook", "https://example.com.:8443/hook?a=b", "https://8.8.8.8/",
        "https://[2606:4700::1111]/", "https://4chan.example/", "https://1password.com/",
        "https://localhost.example.com/"}) {
    INFO(url);
    CHECK(check_url_text(url, false));
  }
}

TEST_CASE("What is no URL for webhooks is refused, private networks or not") {
  for (const char* url : {"", "http://", "https://", "example.com", "/hook", "ftp://example.com/",
                          "file:///etc/passwd", "javascript:1", "https://user@example.com/",
                          "https://user:password@example.com/", "https://example.com/#part",
                          "https://exa mple.com/"}) {
    for (const bool allow : {false, true}) {
      INFO(url);
      const auto checked = check_url_text(url, allow);
      REQUIRE_FALSE(checked);
      CHECK(checked.error().code == Errc::Rejected);
      CHECK(checked.error().reason == "forbidden_url");
      CHECK(checked.error().param == "url");
    }
  }
  CHECK_FALSE(check_url_text("https://example.com/" + std::string(2048, 'a'), true));
}

TEST_CASE("Private hosts are refused in every spelling") {
  for (const char* host : {"127.0.0.1",
                           "10.0.0.1",
                           "192.168.1.1",
                           "172.16.0.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "255.255.255.255",
                           "[::1]",
                           "[::]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[fe80::1]",
                           "[fd00::1]",
                           "[64:ff9b::7f00:1]",
                           "[2002:7f00:1::]",
                           "localhost",
                           "LOCALHOST",
                           "localhost.",
                           "api.localhost",
                           "2130706433",
                           "127.1",
                           "127.0.1",
                           "0x7f.0.0.1",
                           "0x7f000001",
                           "0177.0.0.1",
                           "017700000001",
                           "127.0.0.1.",
                           "2130706433.",
                           "127.0.0.0x1",
                           "example.com.1"}) {
    INFO(host);
    CHECK_FALSE(check_url_text("https://" + std::string(host) + "/hook", false));
  }
}

TEST_CASE("A port below the user ports, 443 apart, needs private networks to be allowed") {
  for (const char* port : {"22", "25", "53", "80", "442", "444", "1023"}) {
    INFO(port);
    const std::string url = "https://example.com:" + std::string(port) + "/hook";
    CHECK_FALSE(check_url_text(url, false));
    CHECK(check_url_text(url, true));
  }
  for (const char* port : {"443", "1024", "8443", "65535"}) {
    INFO(port);
    CHECK(check_url_text("https://example.com:" + std::string(port) + "/hook", false));
  }
}

TEST_CASE("http and private hosts need private networks to be allowed") {
  for (const char* url : {"http://example.com/", "http://127.0.0.1:9000/hook", "http://localhost/",
                          "https://10.0.0.1/"}) {
    INFO(url);
    CHECK_FALSE(check_url_text(url, false));
    CHECK(check_url_text(url, true));
  }
}

}  // namespace settled::daemon::webhooks
