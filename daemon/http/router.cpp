#include "daemon/http/router.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace settled::daemon::http {

const std::string& PathParameters::operator[](std::string_view name) const {
  const auto found = std::ranges::find(values_, name, &Pairs::value_type::first);
  INVARIANT(found != values_.end());
  return found->second;
}

void Router::add(std::string_view method, std::string_view pattern, Endpoint endpoint) {
  INVARIANT(!method.empty() && pattern.starts_with('/') && endpoint);
  std::vector<Segment> segments;
  for (std::size_t start = 1; start < pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', start), pattern.size());
    const std::string_view text = pattern.substr(start, end - start);
    INVARIANT(!text.empty());
    const bool parameter = text.front() == '{';
    INVARIANT(!parameter || (text.back() == '}' && text.size() > 2));
    segments.push_back(
        {std::string(parameter ? text.substr(1, text.size() - 2) : text), parameter});
    start = end + 1;
  }
  const auto same_shape = [](const Segment& a, const Segment& b) {
    return a.parameter == b.parameter && (a.parameter || a.text == b.text);
  };
  for (const Route& route : routes_) {
    INVARIANT(route.method != method || !std::ranges::equal(route.segments, segments, same_shape));
  }
  routes_.push_back(
      {std::string(method), std::string(pattern), std::move(segments), std::move(endpoint)});
}

bool Router::matches(const Route& route, const std::vector<std::string>& segments) {
  return std::ranges::equal(route.segments, segments,
                            [](const Segment& wanted, const std::string& given) {
                              return wanted.parameter ? !given.empty() : wanted.text == given;
                            });
}

bool Router::more_literal(const Route& a, const Route& b) {
  for (std::size_t i = 0; i < a.segments.size(); ++i) {
    if (a.segments[i].parameter != b.segments[i].parameter) return !a.segments[i].parameter;
  }
  return false;
}

Router::Resolution Router::resolve(std::string_view method,
                                   const std::vector<std::string>& segments) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const Route* best = nullptr;
  std::set<std::string> others;
  for (const Route& route : routes_) {
    if (!matches(route, segments)) continue;
    if (route.method != wanted) {
      others.insert(route.method);
      if (route.method == "GET") others.insert("HEAD");
    } else if (best == nullptr || more_literal(route, *best)) {
      best = &route;
    }
  }
  Resolution resolution;
  if (best == nullptr) {
    for (const std::string& other : others) {
      resolution.allow += (resolution.allow.empty() ? "" : ", ") + other;
    }
    return resolution;
  }
  Pairs parameters;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = best->segments[i];
    if (segment.parameter) parameters.emplace_back(segment.text, segments[i]);
  }
  resolution.endpoint = &best->endpoint;
  resolution.parameters = PathParameters(std::move(parameters));
  resolution.pattern = best->pattern;
  return resolution;
}

Task<Response> Router::answer(Request request) const {
  Resolution resolution = resolve(request.method, request.segments);
  if (resolution.endpoint != nullptr) {
    co_return co_await (*resolution.endpoint)(std::move(request), std::move(resolution.parameters));
  }
  if (resolution.allow.empty()) {
    const Error error{Errc::NotFound, "not_found", "there is nothing at this path"};
    co_return problem(error, request.request_id);
  }
  const Error error{Errc::Invalid, "method_not_allowed", "this path takes " + resolution.allow};
  Response response = problem(error, request.request_id);
  response.headers.emplace_back("Allow", std::move(resolution.allow));
  co_return response;
}

}  // namespace settled::daemon::http
