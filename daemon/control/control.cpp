#include "daemon/control/control.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

namespace settled::daemon::control {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using Json = nlohmann::json;

constexpr std::size_t kMaxRequest = std::size_t{64} << 10U;
/// A list of keys has a few hundred bytes for each.
constexpr std::size_t kMaxAnswer = std::size_t{64} << 20U;
constexpr std::chrono::seconds kServeWithin{25};
constexpr std::chrono::seconds kAskWithin{30};
constexpr std::chrono::milliseconds kRest{200};
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// The kernel takes no longer path, and Asio throws for one.
bool fits(const std::filesystem::path& socket) {
  return socket.native().size() < sizeof(sockaddr_un::sun_path);
}

Json to_json(const Error& error) {
  return {{"error",
           {{"code", static_cast<int>(error.code)},
            {"reason", error.reason},
            {"detail", error.detail}}}};
}

/// `unread`: what came behind the line before; afterwards what came behind this one.
Task<Result<Json>> read_line(Protocol::socket* socket, std::size_t at_most, std::string* unread) {
  std::string& line = *unread;
  const auto [error, size] =
      co_await asio::async_read_until(*socket, asio::dynamic_buffer(line, at_most), '\n', kTuple);
  if (error == asio::error::not_found) {
    co_return fail(Errc::Invalid, "invalid_request", "the line is too long");
  }
  if (error) co_return fail(Errc::Unavailable, "control_closed", error.message());
  Json parsed = Json::parse(line.substr(0, size), nullptr, false);
  line.erase(0, size);
  if (!parsed.is_object()) {
    co_return fail(Errc::Invalid, "invalid_request", "a line of JSON was expected");
  }
  co_return parsed;
}

Task<Status> write_line(Protocol::socket* socket, std::string line) {
  line.push_back('\n');
  const auto [error, size] = co_await asio::async_write(*socket, asio::buffer(line), kTuple);
  if (error) co_return fail(Errc::Unavailable, "control_closed", error.message());
  co_return Status{};
}

Task<void> serve(Protocol::socket* socket, asio::steady_timer* deadline, const Answer* answer) {
  std::string unread;
  const Result<Json> request = co_await read_line(socket, kMaxRequest, &unread);
  Json reply = Json::object();
  if (!request) {
    reply = to_json(request.error());
  } else {
    const Tell tell = [socket, deadline](std::string progress) -> Task<Status> {
      deadline->expires_after(kServeWithin);
      return write_line(socket, Json{{"progress", std::move(progress)}}.dump());
    };
    const Result<Json> answered = co_await (*answer)(*request, tell);
    deadline->expires_after(kServeWithin);
    if (answered) {
      reply["result"] = *answered;
    } else {
      reply = to_json(answered.error());
    }
  }
  // Who no longer listens has seen the work end without an answer.
  static_cast<void>(co_await write_line(socket, reply.dump()));
}

/// Returns once the deadline, which may be put off meanwhile, has passed.
Task<void> expire(asio::steady_timer* deadline) {
  while (deadline->expiry() > std::chrono::steady_clock::now()) {
    co_await deadline->async_wait(kTuple);
  }
}

using Heard = std::function<void(const std::string&)>;

Task<Result<Json>> exchange(Protocol::socket* socket, Protocol::endpoint endpoint, Json request,
                            const Heard* heard) {
  const auto [error] = co_await socket->async_connect(endpoint, kTuple);
  if (error) co_return fail(Errc::NotFound, "no_daemon", error.message());
  // A daemon that refuses a request before it has read the whole answers, and closes: writing the
  // rest fails, and the answer is there to be read.
  const Status asked = co_await write_line(socket, request.dump());
  std::string unread;
  for (;;) {
    const Result<Json> line = co_await read_line(socket, kMaxAnswer, &unread);
    if (!line) co_return std::unexpected(asked ? line.error() : asked.error());
    if (!line->contains("progress")) co_return *line;
    (*heard)(line->value("progress", ""));
  }
}

Result<std::optional<Json>> interpret(Result<Json> answer) {
  if (!answer) {
    if (answer.error().reason == "no_daemon") return std::optional<Json>{};
    return std::unexpected(answer.error());
  }
  if (answer->contains("error")) {
    const Json& error = (*answer)["error"];
    return fail(static_cast<Errc>(error.value("code", 7)), error.value("reason", "internal"),
                error.value("detail", ""));
  }
  return std::optional<Json>((*answer)["result"]);
}

}  // namespace

struct Server::State {
  State(const asio::any_io_executor& executor, std::filesystem::path path, Answer answered)
      : acceptor(executor), socket(std::move(path)), answer(std::move(answered)) {}
  Protocol::acceptor acceptor;
  std::filesystem::path socket;
  Answer answer;
};

Server::Server(const asio::any_io_executor& executor, std::filesystem::path socket, Answer answer)
    : state_(std::make_unique<State>(executor, std::move(socket), std::move(answer))) {}

Server::~Server() {
  std::error_code ignored;  // a socket file that stays behind is replaced at the next start
  std::filesystem::remove(state_->socket, ignored);
}

Status Server::listen() {
  if (!fits(state_->socket)) {
    return fail(Errc::Unavailable, "cannot_listen",
                state_->socket.string() + " is too long a path for a socket");
  }
  std::error_code removed;
  std::filesystem::remove(state_->socket, removed);
  boost::system::error_code error;
  Protocol::acceptor& acceptor = state_->acceptor;
  const mode_t mask = ::umask(0177);
  acceptor.open(Protocol(), error);
  if (!error) acceptor.bind(Protocol::endpoint(state_->socket.string()), error);
  ::umask(mask);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(Errc::Unavailable, "cannot_listen",
                state_->socket.string() + ": " + error.message());
  }
  return {};
}

Task<void> Server::run() {
  using namespace asio::experimental::awaitable_operators;
  co_await (serve_in_turn() && serve_in_turn() && serve_in_turn() && serve_in_turn());
}

Task<void> Server::serve_in_turn() {
  using namespace asio::experimental::awaitable_operators;
  for (;;) {
    Protocol::socket socket(state_->acceptor.get_executor());
    const auto [error] = co_await state_->acceptor.async_accept(socket, kTuple);
    if (error) {  // out of descriptors, most likely: give them time to be closed
      asio::steady_timer rest(state_->acceptor.get_executor(), kRest);
      co_await rest.async_wait(kTuple);
      continue;
    }
    asio::steady_timer deadline(state_->acceptor.get_executor(), kServeWithin);
    co_await (serve(&socket, &deadline, &state_->answer) || expire(&deadline));
  }
}

Result<std::optional<Json>> ask(const std::filesystem::path& socket, const Json& request,
                                const Heard& heard) {
  if (!fits(socket) || !std::filesystem::exists(socket)) return std::optional<Json>{};
  asio::io_context context;
  Protocol::socket connection(context);
  std::optional<Result<Json>> answer;
  std::exception_ptr thrown;
  auto give_up_at = std::chrono::steady_clock::now() + kAskWithin;
  const Heard word = [&](const std::string& progress) {
    give_up_at = std::chrono::steady_clock::now() + kAskWithin;
    if (heard) heard(progress);
  };
  asio::co_spawn(context,
                 exchange(&connection, Protocol::endpoint(socket.string()), request, &word),
                 [&](const std::exception_ptr& error, Result<Json> result) {
                   thrown = error;
                   answer = std::move(result);
                 });
  while (!answer && context.run_one_until(give_up_at) > 0) {
  }
  if (thrown) std::rethrow_exception(thrown);
  if (!answer) answer = fail(Errc::Timeout, "timeout", "the daemon did not answer in time");
  return interpret(*std::move(answer));
}

}  // namespace settled::daemon::control
