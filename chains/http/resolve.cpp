#include "chains/http/resolve.hpp"

#include <memory>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kMaxAddresses = 8;

// Held by the look-up and by whoever waits for it: getaddrinfo cannot be cancelled.
struct LookUp {
  explicit LookUp(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool answered = false;
  boost::system::error_code error;
  Endpoints endpoints;
};

void start(const std::shared_ptr<LookUp>& look_up, const std::string& host, std::uint16_t port) {
  look_up->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [look_up](boost::system::error_code error, const tcp::resolver::results_type& results) {
        look_up->answered = true;
        look_up->error = error;
        for (const auto& entry : results) {
          if (look_up->endpoints.size() == kMaxAddresses) break;
          look_up->endpoints.push_back(entry.endpoint());
        }
        look_up->done.cancel();
      });
}

}  // namespace

Task<Result<Endpoints>> resolve(asio::any_io_executor executor, std::string host,
                                std::uint16_t port, Deadline deadline) {
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return Endpoints{tcp::endpoint(address, port)};

  const auto look_up = std::make_shared<LookUp>(executor);
  look_up->done.expires_at(deadline);
  start(look_up, host, port);
  const auto [stopped] = co_await look_up->done.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!look_up->answered) {
    look_up->resolver.cancel();
    if (!stopped) co_return fail(Errc::Timeout, "timeout", "resolving " + host + " took too long");
    co_return fail(Errc::Unavailable, "connect_failed", "resolving " + host + " was cancelled");
  }
  if (look_up->error || look_up->endpoints.empty()) {
    co_return fail(Errc::Unavailable, "connect_failed",
                   "cannot resolve " + host + ": " + look_up->error.message());
  }
  co_return std::move(look_up->endpoints);
}

}  // namespace settled::chains::http
