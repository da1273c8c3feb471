#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "daemon/api/api.hpp"
#include "daemon/http/router.hpp"
#include "ledger/book.hpp"
#include "ledger/checkpoints.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "tests/support/pausing_store.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::tests {

/// An answer with its body read, a stream to its end. `body` is what JSON there is in `text`.
struct Answer {
  unsigned status = 0;
  nlohmann::json body;
  std::string text;
  daemon::http::Pairs headers;
  std::string content_type;

  std::string header(std::string_view name) const;
  std::string code() const { return body.value("code", ""); }
};

/// A client's request; `body` as sent.
struct Ask {
  std::string method;
  std::string target;
  std::string body = {};
  std::string key = {};              ///< API key; empty: none is sent
  std::string idempotency_key = {};  ///< empty: none is sent
  std::string content_type = "application/json";
};

/// The addresses of the shop's settings: tokens 1 to 5, the signer 0xEE.
chains::evm::Address shop_address(std::uint8_t last);

/// The routes over real books on disk, without sockets: requests go through the router on an
/// io_context. Two chains' worth of settings: "base" (USDC, EURC; a signer pays) and "dry" (USDC,
/// nobody pays); a platform key of every scope, and two merchants with theirs.
class Shop {
 public:
  struct Merchant {
    std::string id;
    std::string key;
  };

  /// `requests_per_second`: of one key; 0: no limit.
  explicit Shop(config::FeeSettings fees = {}, std::uint32_t requests_per_second = 0);
  ~Shop();

  Answer ask(Ask request) { return ask_all({std::move(request)}).front(); }
  /// All at once.
  std::vector<Answer> ask_all(std::vector<Ask> requests);
  /// Begins when `io` runs, which the shop outlives or not.
  void spawn(boost::asio::io_context& io, const Ask& request, std::function<void(Answer)> done);
  /// The response as the server gets it, its stream not begun.
  daemon::http::Response respond(const Ask& request);
  Answer get(std::string target, const std::string& key) {
    return ask({"GET", std::move(target), "", key});
  }
  Answer post(std::string target, const nlohmann::json& body, const std::string& key);

  /// A new key of a merchant, or of the platform.
  std::string make_key(const std::string& merchant, const std::vector<std::string>& scopes);
  nlohmann::json make_intent(const Merchant& merchant, const std::string& amount = "25.00");
  /// An intent of that amount, paid and final; with the proof of a receipt, if one is given, whose
  /// second log it is.
  nlohmann::json fund(const Merchant& merchant, const std::string& amount,
                      const std::string& receipt_proof = {});

  /// To the intent's address, in a transaction of its own.
  ledger::pb::ObservedTransfer payment(const nlohmann::json& intent, const std::string& amount);
  enum class Blocks { Seen, Confirmed, Final };
  /// A block of "base" with these, which are as far as that afterwards.
  void mine(const std::vector<ledger::pb::ObservedTransfer>& transfers,
            Blocks blocks = Blocks::Final);

  daemon::render::Context context;
  TempDirectory directory;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<ledger::store::Store> store;
  std::unique_ptr<PausingStore> pausing;  ///< what the book reads and writes
  std::unique_ptr<ledger::Book> book;
  std::unique_ptr<ledger::Checkpoints> checkpoints;
  bool checkpoints_possible = true;
  std::unique_ptr<daemon::api::Api> api;
  daemon::http::Router router;

  std::string platform;
  Merchant one;
  Merchant two;
  std::vector<std::string> redelivered;  ///< event types
  int topped_up = 0;                     ///< how often deposit addresses were asked for
  bool urls_allowed = true;
  const std::vector<chains::ChainSettings> followed;
  /// What an explanation is told of the chains; where `seen` is empty, no node has the transaction.
  std::vector<daemon::explain::ChainNow> chains_now;
  std::optional<chains::evm::TxHash> looked_up;

 private:
  ledger::pb::Reply apply(ledger::pb::Command command);
  void add_addresses(std::uint32_t count);
  std::uint32_t addresses_ = 0;
  std::uint64_t block_ = 0;
  std::uint64_t final_ = 0;
  std::uint64_t transactions_ = 0;
};

}  // namespace settled::tests
