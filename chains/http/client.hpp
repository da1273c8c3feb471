#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include "chains/http/transport.hpp"
#include "chains/http/web_socket.hpp"

namespace settled::chains::http {

class LookUps;
class Pool;

/// The HTTP/1.1 client of the whole process, over TCP and TLS 1.2 or later: nodes, webhooks and
/// remote signers. Keeps connections per origin alive, verifies peer and host name against the
/// system's trust store, sends SNI, asks for no compression, knows no proxy and follows no
/// redirect. All of it on one thread, the one that runs the executor.
class Client final : public Transport {
 public:
  struct Settings {
    std::size_t max_connections_per_origin = 16;  ///< more requests wait, within their deadline
    /// Over all origins; beyond, the longest idle is closed.
    std::size_t max_idle_connections = 256;
    std::chrono::milliseconds idle_timeout{30'000};
    /// Threads that look names up for this client alone. A name whose servers are dead holds one.
    std::size_t look_up_threads = 4;
    std::string extra_ca_file = {};  ///< PEM, trusted besides the system's store
    /// Asked for the very address that is about to be connected to, after the name was resolved.
    /// Its error is what `send` answers when no address of the name is allowed.
    std::function<Status(const boost::asio::ip::address&)> address_filter = {};
  };

  /// Error: Invalid `invalid_ca_file`.
  static Result<std::unique_ptr<Client>> create(boost::asio::any_io_executor executor,
                                                Settings settings);
  ~Client() override;

  Task<Result<Response>> send(Request request, Limits limits) override;

  /// A new connection that was upgraded, checked as those of `send` are. Errors: Invalid
  /// `invalid_url`; Unavailable `upgrade_refused`; those of `send`.
  Task<Result<std::unique_ptr<WebSocket>>> open_web_socket(WebSocket::Settings settings);

  /// For others who must judge the addresses that this client would connect to. Shut down with it.
  std::shared_ptr<LookUps> look_ups() const;

  /// Closes idle connections and refuses further requests with Unavailable `shut_down`, those that
  /// still look a name up among them; other exchanges under way go on to their end. Idle
  /// connections keep an io_context running until then.
  void shutdown();

 private:
  explicit Client(std::shared_ptr<Pool> pool);
  std::shared_ptr<Pool> pool_;  // shared with the exchanges under way, which may outlive the client
};

}  // namespace settled::chains::http
