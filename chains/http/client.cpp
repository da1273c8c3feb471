#include "chains/http/client.hpp"

#include <utility>

#include <boost/asio/ssl/context.hpp>

#include "chains/http/connection.hpp"
#include "chains/http/message.hpp"
#include "chains/http/pool.hpp"
#include "chains/http/url.hpp"

namespace settled::chains::http {
namespace {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> tls_context(const std::string& extra_ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                       ssl::context::no_tlsv1_1 | ssl::context::no_compression);
  context->set_verify_mode(ssl::verify_peer, error);
  INVARIANT(!error);
  // A machine without a trust store reaches http:// nodes all the same; https fails closed.
  context->set_default_verify_paths(error);
  if (!extra_ca_file.empty()) {
    context->load_verify_file(extra_ca_file, error);
    if (error) {
      return fail(Errc::Invalid, "invalid_ca_file",
                  "cannot read " + extra_ca_file + ": " + error.message());
    }
  }
  return context;
}

// Holds what it uses by value: the client may be destroyed while an exchange is under way.
Task<Result<Response>> exchange(std::shared_ptr<Pool> pool, Request request, Limits limits) {
  const Deadline deadline = std::chrono::steady_clock::now() + limits.timeout;
  CO_TRY(const Url url, parse_url(request.url));
  CO_TRY(const RequestMessage message, to_message(request, url));
  CO_TRY(Pool::Lease lease, co_await pool->acquire(url.origin() + ' ' + request.lane, deadline));
  const bool reused = lease.connection() != nullptr;
  if (!reused) {
    CO_TRY(auto opened, co_await pool->open(url, deadline));
    lease.replace(std::move(opened));
  }
  Exchange outcome =
      co_await lease.connection()->exchange(message, limits.max_body_bytes, deadline);
  const bool stale = reused && !outcome.any_answer && !outcome.response &&
                     outcome.response.error().reason == "connection_lost";
  if (stale && request.retry_on_stale) {
    CO_TRY(auto opened, co_await pool->open(url, deadline));
    lease.replace(std::move(opened));
    outcome = co_await lease.connection()->exchange(message, limits.max_body_bytes, deadline);
  }
  if (outcome.reusable) lease.keep();
  co_return std::move(outcome.response);
}

}  // namespace

Result<std::unique_ptr<Client>> Client::create(boost::asio::any_io_executor executor,
                                               Settings settings) {
  TRY(auto tls, tls_context(settings.extra_ca_file));
  auto pool = std::make_shared<Pool>(std::move(executor), std::move(tls), std::move(settings));
  return std::unique_ptr<Client>(new Client(std::move(pool)));
}

Client::Client(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}

Client::~Client() {
  shutdown();
}

Task<Result<Response>> Client::send(Request request, Limits limits) {
  return exchange(pool_, std::move(request), limits);
}

Task<Result<std::unique_ptr<WebSocket>>> Client::open_web_socket(WebSocket::Settings settings) {
  const std::shared_ptr<Pool> pool = pool_;  // the client may be destroyed meanwhile
  const Deadline deadline = std::chrono::steady_clock::now() + settings.open_timeout;
  CO_TRY(const Url url, parse_web_socket_url(settings.url));
  CO_TRY(auto connection, co_await pool->open(url, deadline));
  co_return co_await WebSocket::upgrade(std::move(connection), url.authority(), url.target,
                                        std::move(settings));
}

std::shared_ptr<LookUps> Client::look_ups() const {
  return pool_->look_ups();
}

void Client::shutdown() {
  pool_->shutdown();
}

}  // namespace settled::chains::http
