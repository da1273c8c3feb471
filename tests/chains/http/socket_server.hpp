#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "chains/http/task.hpp"

namespace settled::chains::http {

/// One WebSocket that a test's server has accepted, over TCP or TLS.
class SocketPeer {
 public:
  virtual ~SocketPeer() = default;
  /// 1 for the first connection.
  virtual int number() const = 0;
  /// The next message; empty when the client is gone.
  virtual Task<std::string> receive() = 0;
  virtual Task<bool> send(std::string text) = 0;
  virtual Task<bool> send_binary(std::string bytes) = 0;
  virtual Task<bool> ping() = 0;
  /// Bytes that need not be frames.
  virtual Task<bool> send_raw(std::string bytes) = 0;
};

/// The connection is closed when it ends.
using SocketScript = std::function<Task<void>(SocketPeer&)>;

/// A Beast WebSocket server on a free port of 127.0.0.1, on the test's own io_context.
class SocketServer {
 public:
  SocketServer(boost::asio::io_context& io, SocketScript script,
               std::shared_ptr<boost::asio::ssl::context> tls = nullptr);
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  std::uint16_t port() const;
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port()) + "/"; }
  int connections() const;
  /// The value of the header "x-key" that the last connection was asked for with.
  std::string key() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace settled::chains::http
