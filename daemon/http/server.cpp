#include "daemon/http/server.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/http/connection.hpp"

namespace settled::daemon::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// After a failed accept (no file descriptors, mostly) the next attempt waits.
constexpr std::chrono::milliseconds kAcceptPause{100};
/// How long `drain` waits for canceled work to unwind.
constexpr std::chrono::milliseconds kUnwindTime{500};

std::string what_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  struct Place {
    std::shared_ptr<Connection> connection;
    bool serving;  ///< counted in `serving`
  };

  State(asio::any_io_executor executor_in, std::shared_ptr<ServerContext> context_in)
      : executor(std::move(executor_in)),
        context(std::move(context_in)),
        acceptor(executor),
        changed(executor, asio::steady_timer::time_point::max()) {}

  Task<void> accept();
  Task<void> sweep();
  Task<void> wait_for_change(asio::steady_timer::time_point until);
  Task<void> wait_until_empty(std::chrono::milliseconds limit);
  void start(tcp::socket socket);
  bool make_room();

  asio::any_io_executor executor;
  std::shared_ptr<ServerContext> context;
  tcp::acceptor acceptor;
  std::list<Place> connections;
  std::size_t serving = 0;     ///< of them, those neither being refused nor giving way
  asio::steady_timer changed;  ///< canceled whenever a connection ends
};

Task<void> Server::State::wait_for_change(asio::steady_timer::time_point until) {
  changed.expires_at(until);
  co_await changed.async_wait(kAwait);
}

Task<void> Server::State::accept() {
  bool failing = false;
  while (acceptor.is_open()) {
    while (connections.size() >= context->limits.connections + context->limits.refused_at_once &&
           acceptor.is_open()) {
      co_await wait_for_change(asio::steady_timer::time_point::max());
    }
    if (!acceptor.is_open()) break;
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (!error) {
      failing = false;
      start(std::move(socket));
    } else if (acceptor.is_open() && error != asio::error::connection_aborted) {
      if (!failing) context->seams.log("cannot accept connections: " + error.message());
      failing = true;
      asio::steady_timer pause(executor, kAcceptPause);
      co_await pause.async_wait(kAwait);
    }
  }
}

/// Closes the connection that has been idle for the longest, so that whoever holds connections and
/// says nothing cannot keep others out. False where every connection is in the midst of something.
bool Server::State::make_room() {
  std::vector<std::pair<Connection::SteadyTime, Place*>> idle;
  for (Place& place : connections) {
    const auto since = place.serving ? place.connection->idle_since() : std::nullopt;
    if (since) idle.emplace_back(*since, &place);
  }
  std::ranges::sort(idle);
  for (const auto& [since, place] : idle) {
    if (!place->connection->give_way()) continue;
    place->serving = false;
    --serving;
    return true;
  }
  return false;
}

void Server::State::start(tcp::socket socket) {
  const bool full = serving >= context->limits.connections && !make_room();
  if (!full) ++serving;
  auto connection = std::make_shared<Connection>(std::move(socket), context);
  const auto place = connections.insert(connections.end(), Place{connection, !full});
  auto ended = [state = shared_from_this(), connection,
                place](const std::exception_ptr& exception) {
    if (exception && !connection->aborted()) {
      state->context->seams.log("a connection failed: " + what_of(exception));
    }
    if (place->serving) --state->serving;
    state->connections.erase(place);
    state->changed.cancel();
  };
  asio::co_spawn(executor, full ? connection->refuse() : connection->serve(),
                 asio::bind_cancellation_slot(connection->slot(), std::move(ended)));
}

/// Keeps the connections' deadlines, until there is nothing left to keep.
Task<void> Server::State::sweep() {
  asio::steady_timer timer(executor);
  while (acceptor.is_open() || !connections.empty()) {
    timer.expires_after(context->limits.sweep_interval);
    co_await timer.async_wait(kAwait);
    const auto now = std::chrono::steady_clock::now();
    for (const Place& place : connections) place.connection->sweep(now);
  }
}

Task<void> Server::State::wait_until_empty(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!connections.empty() && std::chrono::steady_clock::now() < until) {
    co_await wait_for_change(until);
  }
}

Server::Server(asio::any_io_executor executor, Handler handler, ServerSeams seams,
               ServerLimits limits)
    : state_(std::make_shared<State>(
          std::move(executor),
          std::make_shared<ServerContext>(std::move(handler), std::move(seams), limits))) {}

Server::~Server() {
  error_code ignored;
  state_->acceptor.close(ignored);
  const auto open = state_->connections;
  for (const auto& place : open) place.connection->abort();
}

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  error_code error;
  tcp::resolver resolver(state_->executor);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(Errc::Invalid, "invalid_address",
                "cannot resolve " + host + ": " + error.message());
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
    return fail(Errc::Unavailable, "cannot_listen",
                "cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message());
  }
  return acceptor.local_endpoint().port();
}

Task<void> Server::run() {
  using namespace asio::experimental::awaitable_operators;
  const auto state = state_;
  // Whoever spawned this may have been told to stop before it came to run.
  if (state->context->draining) co_return;
  INVARIANT(state->acceptor.is_open());
  co_await (state->accept() && state->sweep());
}

Task<void> Server::drain(std::chrono::milliseconds deadline) {
  const auto state = state_;
  state->context->draining = true;
  error_code ignored;
  state->acceptor.close(ignored);
  state->changed.cancel();
  // A copy: what ends while it is looked at leaves the list.
  const auto open = state->connections;
  for (const auto& place : open) place.connection->drain();
  co_await state->wait_until_empty(deadline);

  const auto late = state->connections;
  for (const auto& place : late) place.connection->abort();
  co_await state->wait_until_empty(kUnwindTime);
}

std::size_t Server::connections() const {
  return state_->connections.size();
}

}  // namespace settled::daemon::http
