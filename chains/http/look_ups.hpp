#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::http {

using Deadline = std::chrono::steady_clock::time_point;
using Addresses = std::vector<boost::asio::ip::address>;
using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// The addresses of a name in the system's order of preference, by getaddrinfo. Blocks, for as long
/// as the name servers let it. Error: Unavailable `connect_failed`.
Result<Addresses> system_look_up(const std::string& host);

/// Looks names up on a few threads of its own, one name on one of them at a time, so that names
/// whose servers are dead hold up only the users of the same LookUps. Used on the executor's thread
/// only.
///
/// getaddrinfo cannot be cancelled: a look-up that hangs is left behind, by its caller at the
/// deadline and by the process at its end. Its thread is detached and touches nothing of this
/// object's after `stop`.
class LookUps : public std::enable_shared_from_this<LookUps> {
 public:
  /// Names that wait for a thread; beyond: Unavailable `overloaded`.
  static constexpr std::size_t kMaxWaiting = 1'024;
  /// Of one name; further ones are ignored.
  static constexpr std::size_t kMaxAddresses = 8;

  /// `look_up` is called on the threads, several at a time.
  using Blocking = std::function<Result<Addresses>(const std::string& host)>;
  static std::shared_ptr<LookUps> create(boost::asio::any_io_executor executor, std::size_t threads,
                                         Blocking look_up = system_look_up);
  ~LookUps();
  LookUps(const LookUps&) = delete;
  LookUps& operator=(const LookUps&) = delete;

  /// The endpoints of a host, which may be an IP address itself. Errors: those of the look-up,
  /// Unavailable `overloaded` and `shut_down`, Timeout `timeout`.
  Task<Result<Endpoints>> resolve(std::string host, std::uint16_t port, Deadline deadline);

  /// Whoever waits is answered `shut_down`, and further ones too.
  void stop();

 private:
  struct Queue;
  struct Waiter {
    boost::asio::steady_timer answered;
    Result<Addresses> result;
    bool done = false;
  };
  class Place;

  LookUps(boost::asio::any_io_executor executor, std::size_t threads, Blocking look_up);
  Status ask(const std::string& host);
  void answer(const std::string& host, const Result<Addresses>& result);
  void leave(const std::string& host);

  boost::asio::any_io_executor executor_;
  std::size_t max_threads_;
  std::shared_ptr<Queue> queue_;  // shared with the threads
  std::map<std::string, std::list<Waiter>> waiting_;
  bool stopped_ = false;
};

}  // namespace settled::chains::http
