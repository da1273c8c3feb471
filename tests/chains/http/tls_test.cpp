#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/http/client.hpp"
#include "tests/chains/http/server.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::chains::http {
namespace {

Result<Response> get(boost::asio::io_context& io, const std::string& ca_file, std::string url) {
  Client::Settings settings;
  settings.extra_ca_file = ca_file;
  const auto client = Client::create(io.get_executor(), std::move(settings)).value();
  return run(io, client->send(Request{"GET", std::move(url)}, Limits{}));
}

}  // namespace

TEST_CASE("A server is believed over TLS when its certificate is trusted and names it") {
  boost::asio::io_context io;
  const tests::TempDirectory directory;
  const std::string pem = (directory.path() / "ca.pem").string();
  Server server(io, answers({ok("secret")}), self_signed("localhost", pem));
  const auto port = std::to_string(server.port());
  SECTION("trusted, right name") {
    const auto response = get(io, pem, "https://localhost:" + port + "/");
    REQUIRE(response);
    CHECK(response->body == "secret");
  }
  SECTION("trusted, another name") {
    const auto response = get(io, pem, "https://127.0.0.1:" + port + "/");
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Errc::Unavailable);
    CHECK(response.error().reason == "tls_failed");
  }
  SECTION("right name, not trusted") {
    const auto response = get(io, "", "https://localhost:" + port + "/");
    REQUIRE_FALSE(response);
    CHECK(response.error().reason == "tls_failed");
  }
}

TEST_CASE("TLS connections are kept and used again") {
  boost::asio::io_context io;
  const tests::TempDirectory directory;
  const std::string pem = (directory.path() / "ca.pem").string();
  Server server(io, answers({ok("1"), ok("2")}), self_signed("localhost", pem));
  Client::Settings settings;
  settings.extra_ca_file = pem;
  const auto client = Client::create(io.get_executor(), settings).value();
  const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
  CHECK(run(io, client->send(Request{"GET", url}, Limits{}))->body == "1");
  CHECK(run(io, client->send(Request{"GET", url}, Limits{}))->body == "2");
  CHECK(server.connections() == 1);
}

TEST_CASE("A server that speaks no TLS is refused") {
  boost::asio::io_context io;
  Server server(io, [](Peer& peer) -> Task<void> {
    co_await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    co_await peer.request();
  });
  const auto response = get(io, "", "https://127.0.0.1:" + std::to_string(server.port()) + "/");
  REQUIRE_FALSE(response);
  CHECK(response.error().reason == "tls_failed");
}

TEST_CASE("A CA file that cannot be read is an error at the start") {
  boost::asio::io_context io;
  Client::Settings settings;
  settings.extra_ca_file = "/nonexistent/ca.pem";
  const auto client = Client::create(io.get_executor(), settings);
  REQUIRE_FALSE(client);
  CHECK(client.error().reason == "invalid_ca_file");
}

}  // namespace settled::chains::http
