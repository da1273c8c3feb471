#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/server.hpp"

namespace settled::daemon::http {

/// A server on a port of its own and a thread of its own; drained at the end.
class TestServer {
 public:
  explicit TestServer(Handler handler, ServerLimits limits = quick());
  ~TestServer();

  /// The defaults, looked at often enough for tests that wait for a limit.
  static ServerLimits quick();

  /// What listening there comes to, without serving.
  static Result<std::uint16_t> try_listen(const std::string& host, std::uint16_t port);

  std::uint16_t port() const;
  /// Blocks until drained.
  void drain(std::chrono::milliseconds deadline);
  /// Starts draining and returns.
  void begin_drain(std::chrono::milliseconds deadline);
  /// Blocks until `run` has returned.
  void wait_until_stopped();
  /// Blocks until so many connections are open; false if that does not happen in 20 s.
  bool wait_for_connections(std::size_t count);
  std::vector<std::string> logged() const;
  /// Stops the thread and destroys the server and its loop with whatever is under way.
  void destroy();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Holds a handler until the test lets it go on. The test opens it from its own thread.
class Gate {
 public:
  Gate();
  ~Gate();
  /// Throws when canceled.
  Task<void> pass();
  void open();
  /// Blocks until somebody stands at the gate.
  void wait_for_arrival();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  std::string header(const std::string& name) const;
  /// The `code` of a problem.
  std::string code() const;
};

/// A client that sends any bytes. Every wait ends after 20 s with a failed requirement.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  /// False when the peer has closed.
  bool send(std::string_view bytes);
  /// True once something can be read (an answer or the end).
  bool readable_within(std::chrono::milliseconds time);
  Answer read_answer(bool head_only = false);
  /// Everything up to the end of the connection.
  std::string read_to_end();
  /// True if the peer ends the connection in order, with nothing more sent.
  bool ends();
  void end_sending();
  /// Small buffers, so that a peer that writes soon has to wait.
  void shrink_receive_buffer();

 private:
  bool fill();
  int fd_ = -1;
  std::string buffer_;
};

/// An answer that repeats what the server understood, a line each.
Task<Response> echo(Request request);

}  // namespace settled::daemon::http
