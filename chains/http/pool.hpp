#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/http/client.hpp"
#include "chains/http/connection.hpp"
#include "chains/http/look_ups.hpp"
#include "chains/http/url.hpp"

namespace settled::chains::http {

/// The connections of a client, per origin: idle ones to be used again, a bound on how many there
/// are, and the requests that wait for one.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(boost::asio::any_io_executor executor, std::shared_ptr<boost::asio::ssl::context> tls,
       Client::Settings settings);

  /// The right to one connection of an origin, given back when it is destroyed.
  class Lease {
   public:
    Lease(std::shared_ptr<Pool> pool, std::string origin, std::shared_ptr<Connection> connection);
    ~Lease();
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;

    /// Nothing until one is opened.
    const std::shared_ptr<Connection>& connection() const { return connection_; }
    void replace(std::shared_ptr<Connection> connection) { connection_ = std::move(connection); }
    /// Gives the connection back for the next request.
    void keep();

   private:
    std::shared_ptr<Pool> pool_;  // nothing in one that was moved from or has given back
    std::string origin_;
    std::shared_ptr<Connection> connection_;
  };

  /// An idle connection, or the right to open one, as soon as the bound allows.
  /// Unavailable `overloaded`, `shut_down`; Timeout `timeout`.
  Task<Result<Lease>> acquire(std::string origin, Deadline deadline);
  /// A new connection to an address that the filter allows, with TLS if the URL says so.
  Task<Result<std::shared_ptr<Connection>>> open(Url url, Deadline deadline);
  const std::shared_ptr<LookUps>& look_ups() const { return look_ups_; }
  void shutdown();

 private:
  struct Idle {
    std::shared_ptr<Connection> connection;
    Deadline since;
  };
  struct Waiting {
    boost::asio::steady_timer timer;
    bool woken = false;
  };
  struct Origin {
    std::size_t open = 0;  // leases and idle connections
    std::vector<Idle> idle;
    std::list<Waiting> waiting;
  };
  class Turn;

  std::shared_ptr<Connection> take_idle(Origin& origin);
  void close_oldest_idle();
  void give_back(const std::string& name, std::shared_ptr<Connection> connection);
  void wake_next(Origin& origin);
  void arm_reaper();
  void reap();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  Client::Settings settings_;
  std::shared_ptr<LookUps> look_ups_;
  std::map<std::string, Origin> origins_;
  std::size_t idle_ = 0;  // over all origins
  boost::asio::steady_timer reaper_;
  bool reaping_ = false;
  bool shut_down_ = false;
};

}  // namespace settled::chains::http
