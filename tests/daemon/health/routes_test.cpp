#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "daemon/health/health.hpp"
#include "tests/daemon/health/report.hpp"

namespace settled::daemon::health {
namespace {

/// The routes over a report that the test can change.
struct Routes {
  Routes() {
    add_routes(router, [this] { return report; }, requests);
  }
  http::Response get(const std::string& name, http::Pairs query = {}) {
    http::Request request;
    request.method = "GET";
    request.path = "/" + name;
    request.segments = {name};
    request.query = std::move(query);
    std::optional<http::Response> response;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, router.answer(std::move(request)),
                          [&](const std::exception_ptr& thrown, http::Response answer) {
                            if (thrown) std::rethrow_exception(thrown);
                            response = std::move(answer);
                          });
    io.run();
    return response.value();
  }

  Report report = sound_report();
  RequestCounts requests;
  http::Router router;
};

TEST_CASE("livez answers while the loop turns, whatever else is wrong") {
  Routes routes;
  routes.report.accepting = false;
  CHECK(routes.get("livez").status == 200);
}

TEST_CASE("readyz says what is missing, and all that was checked where it is asked to") {
  Routes routes;
  CHECK(routes.get("readyz").status == 200);
  CHECK(routes.get("readyz").body == "ready\n");
  CHECK(routes.get("readyz", {{"verbose", ""}}).body ==
        "[+]book open\n[+]chain base following\n[+]chain polygon catching_up\nready\n");

  routes.report.chains[0].lag_seconds.reset();
  routes.report.chains[0].state = "no_node";
  CHECK(routes.get("readyz").status == 503);
  CHECK(routes.get("readyz").body == "[-]chain base no_node\nnot ready\n");
}

TEST_CASE("health and metrics are gathered anew for every request") {
  Routes routes;
  routes.requests.count("/v1/events", 200);
  CHECK(routes.get("health").content_type == "application/json");
  CHECK(routes.get("health").body == health_json(routes.report));
  const http::Response metrics = routes.get("metrics");
  CHECK(metrics.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(metrics.body == metrics_text(routes.report, routes.requests));
  routes.report.book_sequence = 78;
  CHECK(routes.get("metrics").body.find("settled_book_commands_total 78") != std::string::npos);
}

}  // namespace
}  // namespace settled::daemon::health
