#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.hpp"

namespace settled::daemon::http {

/// What stood in the place of `{name}` in the pattern.
class PathParameters {
 public:
  PathParameters() = default;
  explicit PathParameters(Pairs values) : values_(std::move(values)) {}
  /// REQUIRES: the pattern of the route has `{name}`.
  const std::string& operator[](std::string_view name) const;
  bool empty() const { return values_.empty(); }

 private:
  Pairs values_;
};

using Endpoint = std::function<Task<Response>(Request, PathParameters)>;

/// Which endpoint answers a request. Filled once, then read; no sockets, no clock.
class Router {
 public:
  /// `pattern`: "/v1/payment_intents/{id}/cancel". A parameter takes one non-empty segment, and a
  /// literal segment beats a parameter. GET answers HEAD too.
  /// REQUIRES: no other route of the same method and shape.
  void add(std::string_view method, std::string_view pattern, Endpoint endpoint);

  struct Resolution {
    const Endpoint* endpoint = nullptr;  ///< lives as long as the router and no `add` follows
    PathParameters parameters = {};
    std::string pattern = {};  ///< of the endpoint, for metrics
    std::string allow = {};    ///< "GET, HEAD, POST" for a known path with another method, else ""
  };
  Resolution resolve(std::string_view method, const std::vector<std::string>& segments) const;

  /// The endpoint's answer; a problem 404 `not_found` or 405 `method_not_allowed` with `Allow`
  /// where there is none. The router outlives the task.
  Task<Response> answer(Request request) const;

 private:
  struct Segment {
    std::string text;
    bool parameter = false;
    bool operator==(const Segment&) const = default;
  };
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<Segment> segments;
    Endpoint endpoint;
  };
  static bool matches(const Route& route, const std::vector<std::string>& segments);
  static bool more_literal(const Route& a, const Route& b);

  std::vector<Route> routes_;
};

}  // namespace settled::daemon::http
