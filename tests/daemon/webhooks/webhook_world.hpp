#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json_fwd.hpp>

#include "chains/http/client.hpp"
#include "daemon/webhooks/deliverer.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/crypto.hpp"
#include "ledger/types/time.hpp"
#include "tests/chains/http/server.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::daemon::webhooks {

/// One request as it came.
struct Received {
  std::string head;
  std::string body;
  std::string header(const std::string& name) const;
  std::string event() const { return header("webhook-id"); }
};

/// A receiver on loopback that keeps what it gets.
class Receiver {
 public:
  /// What to answer to the n-th request (from 1); nothing: leave it hanging.
  using Respond = std::function<std::string(const Received&, std::size_t n)>;

  Receiver(boost::asio::io_context& io, Respond respond);

  std::string url() const { return server_.url("/hook"); }
  int connections() const { return server_.connections(); }

  std::vector<Received> received;
  Respond respond;

 private:
  chains::http::Server server_;
};

std::string status_line(unsigned status, const std::string& headers = {});
/// Always the same answer.
Receiver::Respond always(unsigned status, const std::string& headers = {});
Receiver::Respond hang();

/// A book, and a deliverer of its events that can be stopped as if it were killed.
class World {
 public:
  explicit World(Settings settings = quick(), tests::FaultPlan disk = {});
  ~World();

  /// Private networks allowed, waits of some ten milliseconds.
  static Settings quick();

  void start();
  /// Everything in memory is gone, as after kill -9; the book too is opened anew.
  void crash();
  /// The same, and what was not synced is gone from the disk.
  void lose_power();

  Deliverer& deliverer() { return *deliverer_; }
  boost::asio::io_context& io() { return *io_; }
  tests::BookFixture& books() { return books_; }

  EndpointId endpoint(const std::string& url, std::vector<std::string> events = {"*"},
                      const std::optional<std::string>& merchant = {});
  ledger::pb::Endpoint stored(const EndpointId& endpoint);
  /// Commits an intent (event `payment_intent.created`) and tells the deliverer.
  std::string intent();
  void cancel(const std::string& intent);
  const std::string& merchant() const { return merchant_; }
  /// The ids of all events, as in `webhook-id`.
  std::vector<std::string> events();
  ledger::pb::Event last_event();

  /// Runs the loop until it is so. False if that takes longer than a minute.
  bool until(const std::function<bool()>& condition);
  bool until_received(const Receiver& receiver, std::size_t count);
  bool until_idle();
  /// Runs what is ready, and what that makes ready.
  void settle();

  nlohmann::json deliveries(const EndpointId& endpoint);

  int fail_bodies = 0;  ///< so many of the next bodies throw

 private:
  void forget();

  Settings settings_;
  tests::BookFixture books_;
  SystemClock clock_;
  SystemRandom random_;
  std::string merchant_;
  std::unique_ptr<boost::asio::io_context> io_;
  std::unique_ptr<chains::http::Client> client_;
  std::unique_ptr<Deliverer> deliverer_;
};

inline constexpr auto kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
inline constexpr auto kOtherSecret = "whsec_bmV3LXNlY3JldC1vZi0yNC1ieXRlcyEh";

}  // namespace settled::daemon::webhooks
