#include "tests/sim/network.hpp"

#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::sim {
namespace {

using chains::http::Limits;
using chains::http::Request;
using chains::http::Response;
using chains::http::Task;
using std::chrono::milliseconds;

Task<void> pass(milliseconds duration) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, duration);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

Result<Response> timed_out() {
  return fail(Errc::Timeout, "timeout", "no answer in time");
}

Result<Response> refused() {
  return fail(Errc::Unavailable, "connect_failed", "connection refused");
}

}  // namespace

Task<Result<Response>> Network::send(Request request, Limits limits) {
  if (!powered()) co_await pass(std::chrono::hours{24});
  trace_.note(time_.elapsed_ms(), request.url + " " + request.body);
  Result<Response> response = refused();
  const auto node = nodes_.find(request.url);
  if (node != nodes_.end()) {
    response = co_await ask(&node->second, std::move(request.body), limits.timeout);
  } else if (request.url == kHook) {
    response = co_await post(std::move(request), limits.timeout);
  }
  trace_.note(time_.elapsed_ms(), response ? std::to_string(response->status) + " " + response->body
                                           : response.error().reason);
  co_return response;
}

Task<Result<Response>> Network::ask(Node* node, std::string body, milliseconds timeout) {
  const milliseconds there{dice_.between(1, 30)};
  const milliseconds back{dice_.between(1, 30)};
  if (node->has(NodeFault::Down, time_.elapsed_ms())) {
    co_await pass(there);
    co_return refused();
  }
  if (node->has(NodeFault::Hang, time_.elapsed_ms())) {
    co_await pass(timeout);
    co_return timed_out();
  }
  if (const auto* slow = node->has(NodeFault::Slow, time_.elapsed_ms())) {
    const milliseconds longer = std::chrono::seconds(slow->strength);
    co_await pass(std::min(longer, timeout));
    if (longer >= timeout) co_return timed_out();
  }
  co_await pass(there);
  Response response = node->answer(body, time_.elapsed_ms());
  if (bug != Bug::None) response.body = believed(bug, body, std::move(response.body));
  co_await pass(back);
  co_return response;
}

Task<Result<Response>> Network::post(Request request, milliseconds timeout) {
  const std::int64_t now = time_.elapsed_ms();
  if (std::string wrong = receiver_.left(request); !wrong.empty()) broken(std::move(wrong));
  const milliseconds there{dice_.between(1, 50)};
  co_await pass(there);
  if (receiver_.has(ReceiverFault::Down, now)) co_return refused();
  if (receiver_.has(ReceiverFault::Hangs, now)) {
    co_await pass(timeout - there);
    co_return timed_out();
  }
  Result<Response> response = receiver_.arrived(request, now);
  if (bug == Bug::AnyAnswerCounts && response) response->status = 200;
  co_return response;
}

}  // namespace settled::sim
