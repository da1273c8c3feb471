#include "chains/rpc/head_subscription.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "chains/rpc/document.hpp"
#include "chains/rpc/fields.hpp"
#include "chains/rpc/json_rpc.hpp"

namespace settled::chains::rpc {
namespace {

using http::Task;
using Steady = std::chrono::steady_clock;

constexpr std::uint64_t kId = 1;
constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

std::string subscription() {
  return R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]})";
}

}  // namespace

Result<std::optional<std::uint64_t>> announced_head(std::string_view message) {
  TRY(const Document document, Document::parse(message));
  TRY(const fields::Object object, fields::object(fields::root(document), "message"));
  if (fields::is_absent(object, "method")) {
    // The answer to the subscription. What names it is of no use: the connection has no other one.
    std::string answer(message);
    TRY_OK(match_document(answer, kId));
    return std::nullopt;
  }
  TRY(const std::string_view method, fields::text_at(object, "method"));
  if (method != "eth_subscription") return fields::bad("notification");
  TRY(const fields::Value params, fields::member(object, "params"));
  TRY(const fields::Object of_params, fields::object(params, "params"));
  TRY(const fields::Value head, fields::member(of_params, "result"));
  TRY(const fields::Object of_head, fields::object(head, "head"));
  TRY(const std::uint64_t number, fields::quantity64_at(of_head, "number"));
  return number;
}

HeadSubscription::HeadSubscription(const boost::asio::any_io_executor& executor, Open open,
                                   Settings settings, std::function<void()> wake,
                                   std::chrono::milliseconds first_pause)
    : open_(std::move(open)),
      settings_(std::move(settings)),
      wake_(std::move(wake)),
      first_pause_(first_pause),
      pause_(executor),
      doorbell_(executor) {}

Task<void> HeadSubscription::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  auto next_pause = first_pause_;
  while (!stopping_) {
    const std::uint64_t heads_before = health_.heads;
    const auto ended = co_await (listen() || wake_up());
    health_.subscribed = false;
    if (const Status* status = std::get_if<0>(&ended); status && !*status) {
      health_.trouble = status->error().reason + ": " + status->error().detail;
    }
    if (stopping_) co_return;
    if (health_.heads != heads_before) next_pause = first_pause_;
    co_await pause(next_pause);
    next_pause = std::min(2 * next_pause, kLongestPause);
  }
}

void HeadSubscription::stop() {
  stopping_ = true;
  if (socket_) socket_->close();
  pause_.cancel();
}

Task<Status> HeadSubscription::listen() {
  CO_TRY(const auto socket, co_await open_(settings_));
  ++health_.connections;
  messages_ = 0;
  if (stopping_) co_return Status{};
  socket_ = socket.get();
  Status ended = co_await socket->send(subscription());
  if (ended) ended = co_await read_heads(socket.get());
  socket_ = nullptr;
  co_return ended;
}

Task<Status> HeadSubscription::read_heads(http::WebSocket* socket) {
  for (;;) {
    CO_TRY(const std::string message, co_await socket->receive());
    CO_TRY_OK(count_message());
    CO_TRY(const auto number, announced_head(message));
    health_.subscribed = true;
    if (!number) continue;
    ++health_.heads;
    rung_ = true;
    doorbell_.cancel();
  }
}

Status HeadSubscription::count_message() {
  const auto now = Steady::now();
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    messages_ = 0;
  }
  if (++messages_ <= kMostMessages) return {};
  return fail(Errc::Corrupt, "flood", "the node sends more messages than a chain has blocks");
}

Task<void> HeadSubscription::wake_up() {
  for (;;) {
    while (!rung_) {
      doorbell_.expires_at(boost::asio::steady_timer::time_point::max());
      co_await doorbell_.async_wait(kAsTuple);
    }
    rung_ = false;
    wake_();
    co_await pause(kBetweenWakes);
  }
}

Task<void> HeadSubscription::pause(std::chrono::milliseconds duration) {
  pause_.expires_after(duration);
  co_await pause_.async_wait(kAsTuple);
}

}  // namespace settled::chains::rpc
