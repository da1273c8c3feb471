#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "chains/http/transport.hpp"
#include "chains/rpc/bell.hpp"
#include "chains/rpc/node.hpp"
#include "chains/rpc/types.hpp"
#include "tests/chains/http/server.hpp"

namespace settled::chains::rpc {

/// A network of nodes that answer what the test says: by URL, then by the text of one JSON-RPC
/// request object's method and parameters, e.g. `eth_getLogs`.
class ScriptedNodes final : public http::Transport {
 public:
  using Answer = std::function<nlohmann::json(const nlohmann::json& params)>;
  using Raw = std::function<Result<http::Response>(const http::Request&)>;

  /// `result` is what the method answers; thrown json is an error object.
  void on(const std::string& url, const std::string& method, Answer result);
  /// Everything sent to the URL is answered by this instead.
  void on_request(const std::string& url, Raw answer) { raw_[url] = std::move(answer); }
  void forget(const std::string& url) { raw_.erase(url); }
  /// The node hangs: what is sent to the URL is answered once it is released.
  void hold(const std::string& url) { hung_->held.insert(url); }
  void release(const std::string& url);
  std::size_t holding(const std::string& url) const;
  /// Of those that hung, how many their asker gave up.
  std::size_t cancelled(const std::string& url) const;

  http::Task<Result<http::Response>> send(http::Request request, http::Limits limits) override;

  std::vector<http::Request> requests;
  std::vector<http::Limits> limits;  ///< of each request

 private:
  struct Hanging {
    std::string url;
    Bell bell;
  };
  struct Hung {
    std::set<std::string> held;
    std::vector<std::shared_ptr<Hanging>> requests;
    std::map<std::string, std::size_t> cancelled;
  };
  static Task<void> hang(std::shared_ptr<Hung> hung, std::string url);
  nlohmann::json answer_one(const std::string& url, const nlohmann::json& call);

  std::map<std::string, std::map<std::string, Answer>> methods_;
  std::map<std::string, Raw> raw_;
  // Shared with the requests, which may end after this.
  std::shared_ptr<Hung> hung_ = std::make_shared<Hung>();
};

http::Response answered(std::string body, unsigned status = 200, http::Headers headers = {});

/// Thirty-two or twenty bytes that end with `last`.
template <typename T>
T fixed_of(std::uint8_t last) {
  T out;
  out.bytes.back() = last;
  return out;
}

BlockHash hash_of_block(std::uint64_t number);
/// As a node tells it; the bloom holds `items`.
nlohmann::json block_json(std::uint64_t number, const std::vector<Bytes>& bloom_items = {});
nlohmann::json log_json(std::uint64_t number, unsigned log_index, const Address& address,
                        const evm::Hash& topic);
nlohmann::json receipt_json(const TxHash& hash);
nlohmann::json rpc_error(int code, const std::string& message);

}  // namespace settled::chains::rpc
