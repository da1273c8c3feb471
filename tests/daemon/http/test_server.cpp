#include "tests/daemon/http/test_server.hpp"

#include <arpa/inet.h>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace settled::daemon::http {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kPatience{20};

Task<bool> count_becomes(const Server& server, std::size_t count) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (server.connections() != count) {
    if (std::chrono::steady_clock::now() >= until) co_return false;
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return true;
}

}  // namespace

struct TestServer::State {
  State(Handler handler, ServerLimits limits)
      : server(std::in_place, io->get_executor(), std::move(handler),
               ServerSeams{clock, random, [this](std::string_view line) { log(line); }}, limits) {}

  void log(std::string_view line) {
    const std::scoped_lock lock(mutex);
    lines.emplace_back(line);
  }

  SystemClock clock;
  SystemRandom random;
  std::mutex mutex;
  std::vector<std::string> lines;
  std::optional<asio::io_context> io{std::in_place, 1};
  std::optional<Server> server;
  std::uint16_t port = 0;
  std::future<void> stopped;
  std::future<void> drained;
  std::thread thread;
};

ServerLimits TestServer::quick() {
  ServerLimits limits;
  limits.sweep_interval = std::chrono::milliseconds(5);
  return limits;
}

TestServer::TestServer(Handler handler, ServerLimits limits)
    : state_(std::make_unique<State>(std::move(handler), limits)) {
  const auto port = state_->server->listen("127.0.0.1", 0);
  REQUIRE(port);
  state_->port = *port;
  state_->stopped = asio::co_spawn(*state_->io, state_->server->run(), asio::use_future);
  state_->thread = std::thread([this] { state_->io->run(); });
}

TestServer::~TestServer() {
  if (!state_->thread.joinable()) return;
  if (!state_->drained.valid()) begin_drain(std::chrono::milliseconds(0));
  state_->thread.join();
}

Result<std::uint16_t> TestServer::try_listen(const std::string& host, std::uint16_t port) {
  asio::io_context io;
  const SystemClock clock;
  SystemRandom random;
  Server server(io.get_executor(), echo, {clock, random, [](std::string_view) {}});
  return server.listen(host, port);
}

std::uint16_t TestServer::port() const {
  return state_->port;
}

void TestServer::begin_drain(std::chrono::milliseconds deadline) {
  state_->drained = asio::co_spawn(*state_->io, state_->server->drain(deadline), asio::use_future);
}

void TestServer::drain(std::chrono::milliseconds deadline) {
  begin_drain(deadline);
  REQUIRE(state_->drained.wait_for(kPatience) == std::future_status::ready);
}

void TestServer::wait_until_stopped() {
  REQUIRE(state_->stopped.wait_for(kPatience) == std::future_status::ready);
}

bool TestServer::wait_for_connections(std::size_t count) {
  return asio::co_spawn(*state_->io, count_becomes(*state_->server, count), asio::use_future).get();
}

std::vector<std::string> TestServer::logged() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->lines;
}

void TestServer::destroy() {
  state_->io->stop();
  state_->thread.join();
  state_->server.reset();
  state_->io.reset();
}

struct Gate::State {
  std::promise<void> arrived;
  std::mutex mutex;
  bool open = false;
  std::optional<asio::any_io_executor> executor;
  asio::steady_timer* timer = nullptr;  ///< stands in the frame of `pass`
};

Gate::Gate() : state_(std::make_shared<State>()) {}
Gate::~Gate() = default;

Task<void> Gate::pass() {
  const auto state = state_;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer forever(executor, asio::steady_timer::time_point::max());
  {
    const std::scoped_lock lock(state->mutex);
    if (state->open) co_return;
    state->executor = executor;
    state->timer = &forever;
  }
  state->arrived.set_value();
  boost::system::error_code ended;
  co_await forever.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  const bool let_through = state->open;
  state->timer = nullptr;
  if (!let_through) throw boost::system::system_error(ended);
}

void Gate::open() {
  const std::scoped_lock lock(state_->mutex);
  state_->open = true;
  if (!state_->executor) return;
  asio::post(*state_->executor, [state = state_] {
    if (state->timer != nullptr) state->timer->cancel();
  });
}

void Gate::wait_for_arrival() {
  REQUIRE(state_->arrived.get_future().wait_for(kPatience) == std::future_status::ready);
}

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string Answer::code() const {
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  return problem.is_object() ? problem.value("code", "") : "";
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(fd_ >= 0);
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawClient::~RawClient() {
  ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::readable_within(std::chrono::milliseconds time) {
  pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
}

bool RawClient::fill() {
  char piece[4096];
  const ssize_t size = ::recv(fd_, piece, sizeof piece, 0);
  if (size <= 0) return false;
  buffer_.append(piece, static_cast<std::size_t>(size));
  return true;
}

Answer RawClient::read_answer(bool head_only) {
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) REQUIRE(fill());
  Answer answer;
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  REQUIRE(head.starts_with("HTTP/1.1 "));
  answer.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    REQUIRE(answer.headers.emplace(name, head.substr(colon + 2, line_end - colon - 2)).second);
    at = line_end + 2;
  }
  const std::string length = answer.header("content-length");
  const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < size) REQUIRE(fill());
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

std::string RawClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::ends() {
  if (!buffer_.empty()) return false;
  char byte;
  return ::recv(fd_, &byte, 1, 0) == 0;
}

void RawClient::end_sending() {
  ::shutdown(fd_, SHUT_WR);
}

void RawClient::shrink_receive_buffer() {
  const int size = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

Task<Response> echo(Request request) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + "\n";
  for (const auto& [name, value] : request.query) response.body += name + "=" + value + "\n";
  response.body += "id " + request.request_id + "\n";
  response.body += "remote " + request.remote + "\n";
  response.body += "body " + request.body;
  co_return response;
}

}  // namespace settled::daemon::http
