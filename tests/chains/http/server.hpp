#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "chains/http/task.hpp"

namespace settled::chains::http {

/// One connection that a test's server has accepted. Bytes are sent as they are written in the
/// test.
class Peer {
 public:
  Peer(boost::asio::ip::tcp::socket socket, int number, boost::asio::ssl::context* tls);

  /// 1 for the first connection that the server accepted.
  int number() const { return number_; }
  /// False if the client did not accept the certificate.
  Task<bool> handshake();
  /// The next request, head and body; empty when the client has closed the connection.
  Task<std::string> request();
  Task<void> send(std::string bytes);

 private:
  Task<std::size_t> read_some();

  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  int number_;
  std::string received_;
};

/// What a server does on each connection; the connection is closed when it ends.
using Script = std::function<Task<void>(Peer&)>;

/// Sends one of `bytes` for each request, over all connections, and then nothing more.
Script answers(std::vector<std::string> bytes);
/// Reads whatever comes and says nothing.
Script silence();
std::string ok(std::string body);

/// Listens on a free port of 127.0.0.1, on the test's own io_context.
class Server {
 public:
  Server(boost::asio::io_context& io, Script script,
         std::shared_ptr<boost::asio::ssl::context> tls = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url(std::string path = "/") const;
  std::uint16_t port() const;
  int connections() const;
  int closed() const;  ///< scripts that have ended

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A server's context with a fresh certificate that is its own authority, valid for the DNS name
/// `host` alone; the certificate is written to `pem_path`.
std::shared_ptr<boost::asio::ssl::context> self_signed(const std::string& host,
                                                       const std::string& pem_path);

/// Runs the io_context until the task has ended.
template <typename T>
T run(boost::asio::io_context& io, Task<T> task) {
  std::optional<T> out;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T value) {
    failure = thrown;
    out = std::move(value);
    io.stop();
  });
  io.restart();
  io.run();
  if (failure) std::rethrow_exception(failure);
  if (!out) throw std::runtime_error("the task waits for nothing");
  return std::move(*out);
}

}  // namespace settled::chains::http
