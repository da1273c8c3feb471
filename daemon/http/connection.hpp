#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "daemon/http/message.hpp"
#include "daemon/http/request_parser.hpp"
#include "daemon/http/response_head.hpp"
#include "daemon/http/server.hpp"

namespace settled::daemon::http {

/// What all connections of a server use.
struct ServerContext {
  ServerContext(Handler handler_in, ServerSeams seams_in, ServerLimits limits_in)
      : handler(std::move(handler_in)),
        seams(std::move(seams_in)),
        limits(limits_in),
        ids(seams.clock, seams.random) {}

  Handler handler;
  ServerSeams seams;
  ServerLimits limits;
  RequestIds ids;
  DateText date;
  bool draining = false;
};

/// One accepted connection. The server's sweep keeps its deadlines: a wait that is too long is
/// canceled, and the coroutine sees an operation that failed.
class Connection {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<ServerContext> context);

  /// Requests and answers until one side has enough. Throws only what a canceled wait throws.
  Task<void> serve();
  /// Answers 503 without reading a request.
  Task<void> refuse();

  void sweep(SteadyTime now);
  /// Since when it waits for a request, where it does.
  std::optional<SteadyTime> idle_since() const;
  /// Closes an idle connection. False where a request has come that was not read yet.
  /// REQUIRES: `idle_since`.
  bool give_way();
  /// Closes an idle connection and cancels a stream; anything else, a request that has come and was
  /// not read yet included, is answered and then closed.
  void drain();
  /// Cancels whatever is under way and closes.
  void abort();
  bool aborted() const { return aborted_; }
  boost::asio::cancellation_slot slot() { return cancel_.slot(); }

 private:
  enum class Phase {
    Idle,       ///< no byte of a request yet
    Receiving,  ///< in the midst of a request
    Answering,  ///< the handler has it, or the answer is being sent
    Streaming,  ///< an answer that may never end
    Closing,    ///< answered; the client may still be sending
  };
  /// What reading a request came to, where it is not a refusal.
  enum class Received { Request, Nothing };

  Task<bool> serve_one();
  Task<Result<Received>> receive(Request& request);
  Task<Result<std::size_t>> receive_head();
  Task<Status> receive_body();
  Task<std::size_t> fill();
  Result<std::size_t> nothing_more() const;

  Task<Response> ask_handler(Request request);
  Task<bool> send(Response response, bool head_only, bool keep_alive);
  Task<void> send_stream(Response response, bool head_only);
  Task<Status> send_piece(std::string text, bool chunked);
  Task<Status> write(std::string_view first, std::string_view second);
  void build_head(Response& response, bool keep_alive, Framing framing);
  Task<void> linger();
  void close();

  std::string_view unread() const;
  void enter(Phase phase, std::chrono::milliseconds limit);
  void enter_unlimited(Phase phase);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<ServerContext> context_;
  boost::asio::cancellation_signal cancel_;
  boost::beast::flat_buffer buffer_;
  RequestParser parser_;
  std::string remote_;
  std::string request_id_;
  std::string head_;
  Phase phase_ = Phase::Idle;
  SteadyTime deadline_ = SteadyTime::max();
  bool http_1_1_ = true;
  bool ended_ = false;  ///< the peer sends no more
  bool aborted_ = false;
};

}  // namespace settled::daemon::http
