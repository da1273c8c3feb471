#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;

namespace {

/// The good settings whose node, on lines 15 to 17, has this `ws_url`.
std::string with_socket(const std::string& url) {
  return with_line(16, "  url = \"http://127.0.0.1\"\n  ws_url = \"" + url + "\"");
}

}  // namespace

TEST_CASE("a node may have a WebSocket beside its URL") {
  const SettingsFolder folder;
  for (const std::string url : {"ws://127.0.0.1:8546", "wss://node.example.com/v3/key?x=1"}) {
    folder.write("settled.toml", with_socket(url));
    const Result<Settings> settings = load(folder.settings());
    REQUIRE(settings);
    CHECK(settings->chains[0].nodes[0].ws_url == url);
  }
  folder.write("settled.toml", good_settings());
  const Result<Settings> settings = load(folder.settings());
  REQUIRE(settings);
  CHECK_FALSE(settings->chains[0].nodes[0].ws_url);
}

TEST_CASE("a WebSocket's URL is one, without user and password") {
  const SettingsFolder folder;
  const std::string must = "17: `ws_url` in [[chain.node]] must be a ws or wss URL: ";
  CHECK(problems_of(folder, with_socket("http://127.0.0.1")) ==
        must + "the URL must start with ws:// or wss://");
  CHECK(problems_of(folder, with_socket("ws://key@127.0.0.1")) ==
        must + "the URL must not hold a user or password");
}
