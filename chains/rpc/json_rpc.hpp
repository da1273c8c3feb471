#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "chains/http/task.hpp"
#include "chains/http/transport.hpp"
#include "chains/rpc/document.hpp"
#include "chains/rpc/endpoint.hpp"
#include "chains/rpc/node_gate.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

struct Call {
  std::string method;
  nlohmann::json params;  ///< an array
};

/// One answer for each call, in the order of the calls.
using Answers = std::vector<Result<nlohmann::json>>;

/// Matches an answer's body with the calls `first_id`, `first_id + 1`, ... that it answers, in
/// whatever order it does. Pure. Corrupt `bad_json`: not JSON, nested deeper than 64, or no answer
/// of JSON-RPC 2.0; Corrupt `bad_ids`: an id that is missing, unknown or there twice. An error that
/// belongs to no call is the whole batch's.
Result<Answers> match_answers(std::string_view body, std::uint64_t first_id, std::size_t calls);

/// The same for the one call `id`, whose result is large: it becomes the document's root. A name
/// that stands twice is Corrupt as well. `body` is parsed in place (document.hpp).
Result<Document> match_document(std::string& body, std::uint64_t id);

/// The same for a batch of calls whose results are large, as `match_answers` would: results are
/// documents, which share what was parsed.
Result<std::vector<Result<Document>>> match_documents(std::string& body, std::uint64_t first_id,
                                                      std::size_t calls);

struct LargeAnswers {
  std::vector<Result<Document>> results;  ///< in the order of the calls
  std::size_t bytes = 0;                  ///< of the answer's text
};

/// How long a Retry-After header asks to wait: a number of seconds up to ten minutes, else 1 s.
std::chrono::milliseconds parse_retry_after(std::string_view header);

/// JSON-RPC 2.0 over HTTP (jsonrpc.org/specification). Calls are questions, or writes that are
/// idempotent, so a request that a stale connection swallowed is sent again.
/// An answer is let in with as few bytes as it is expected to have, and asked for once more with
/// `max_answer_bytes` where it is larger: so many large ones at once would fill the memory.
class JsonRpc {
 public:
  static constexpr std::size_t kUsualBytes = std::size_t{4} << 20;
  static constexpr std::size_t kLargeBytes = std::size_t{16} << 20;

  /// `gate`: passed before each request, where there is one; it outlives this.
  JsonRpc(http::Transport& transport, Endpoint endpoint, NodeGate* gate = nullptr);

  http::Task<Result<nlohmann::json>> call(Call call);
  /// As `call`, for an answer that is large.
  http::Task<Result<Document>> document(Call call, std::size_t expected_bytes = kUsualBytes);
  /// Up to `max_batch` calls travel together in one request. Unavailable `throttled` if any was.
  http::Task<Result<Answers>> batch(std::vector<Call> calls,
                                    std::size_t expected_bytes = kUsualBytes);
  /// As `batch`, for answers that are large.
  http::Task<Result<LargeAnswers>> documents(std::vector<Call> calls,
                                             std::size_t expected_bytes = kUsualBytes);

  std::chrono::milliseconds retry_after() const { return retry_after_; }

 private:
  /// An answer, and the right to its bytes until it is decoded.
  struct Received {
    http::Response response;
    std::optional<NodeGate::Pass> pass;
  };

  http::Task<Result<Received>> send(std::vector<Call> calls, std::uint64_t first_id,
                                    std::size_t expected_bytes);
  http::Task<Result<Received>> receive(http::Request request, std::size_t calls,
                                       std::size_t max_bytes);
  http::Task<Result<Answers>> exchange(std::vector<Call> calls, std::size_t expected_bytes);
  http::Task<Result<LargeAnswers>> exchange_large(std::vector<Call> calls,
                                                  std::size_t expected_bytes);
  Result<Answers> read(const http::Response& response, std::uint64_t first_id, std::size_t calls);

  http::Transport& transport_;
  Endpoint endpoint_;
  NodeGate* gate_;
  std::uint64_t next_id_ = 1;
  std::chrono::milliseconds retry_after_{1000};
};

}  // namespace settled::chains::rpc
