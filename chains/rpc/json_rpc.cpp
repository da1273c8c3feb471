#include "chains/rpc/json_rpc.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "chains/rpc/error.hpp"
#include "chains/rpc/fields.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxRevertData = 266;  // a selector and four words

std::unexpected<Error> bad_json(std::string detail) {
  return fail(Errc::Corrupt, "bad_json", std::move(detail));
}
std::unexpected<Error> bad_ids(std::string detail) {
  return fail(Errc::Corrupt, "bad_ids", std::move(detail));
}

// Ahead of the parser, which has no such limit.
bool is_shallow(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

Result<Error> decode_error(const json& error) {
  if (!error.is_object()) return bad_json("an error is no object");
  const auto code = error.find("code");
  const auto message = error.find("message");
  if (code == error.end() || !code->is_number_integer()) return bad_json("an error has no code");
  Error out = classify(code->get<std::int64_t>(), message != error.end() && message->is_string()
                                                      ? message->get_ref<const std::string&>()
                                                      : std::string());
  const auto data = error.find("data");
  if (out.reason == "reverted" && data != error.end() && data->is_string()) {
    out.detail += ", data " + printable(data->get_ref<const std::string&>(), kMaxRevertData);
  }
  return out;
}

// The error of an answer, or nothing if it has a result.
Result<std::optional<Error>> error_of(const json& answer) {
  if (!answer.is_object()) return bad_json("an answer is no object");
  if (const auto version = answer.find("jsonrpc"); version == answer.end() || *version != "2.0") {
    return bad_json("an answer is not JSON-RPC 2.0");
  }
  if (const auto error = answer.find("error"); error != answer.end() && !error->is_null()) {
    TRY(Error decoded, decode_error(*error));
    return decoded;
  }
  if (!answer.contains("result")) return bad_json("an answer has neither result nor error");
  return std::nullopt;
}

Result<Answers> match(json::array_t answers, std::uint64_t first_id, std::size_t calls) {
  std::vector<std::optional<Result<json>>> matched(calls);
  for (json& answer : answers) {
    TRY(std::optional<Error> error, error_of(answer));
    const auto id = answer.find("id");
    if (error && (id == answer.end() || id->is_null())) return std::unexpected(std::move(*error));
    if (id == answer.end() || !id->is_number_unsigned()) return bad_ids("an answer has no id");
    const auto number = id->get<std::uint64_t>();
    if (number < first_id || number - first_id >= calls) return bad_ids("an id was never asked");
    auto& slot = matched[number - first_id];
    if (slot) return bad_ids("an id is answered twice");
    if (error && error->reason == "throttled") return std::unexpected(std::move(*error));
    if (error) {
      slot = std::unexpected(std::move(*error));
    } else {
      slot = std::move(answer["result"]);
    }
  }
  Answers out;
  out.reserve(calls);
  for (auto& slot : matched) {
    if (!slot) return bad_ids("a question has no answer");
    out.push_back(std::move(*slot));
  }
  return out;
}

std::string encode(std::vector<Call> calls, std::uint64_t first_id) {
  json body = json::array();
  for (Call& call : calls) {
    json one = json::object();
    one["jsonrpc"] = "2.0";
    one["id"] = first_id++;
    one["method"] = std::move(call.method);
    one["params"] = std::move(call.params);
    body.push_back(std::move(one));
  }
  return (body.size() == 1 ? body.front() : body).dump();
}

/// What one element of a batch is: its place and its result, or an error.
Status match_one(Document&& element, std::uint64_t first_id,
                 std::vector<std::optional<Result<Document>>>& matched) {
  TRY(const fields::Object answer, fields::object(fields::root(element), "answer"));
  const bool refused = !fields::is_absent(answer, "error");
  std::optional<Error> error;
  if (refused) {
    // Errors are small, and the words of nodes about them are read in one place.
    const std::string text = simdjson::minify(fields::root(element));
    TRY(error, error_of(json::parse(text, nullptr, false)));
    if (!error) return bad_json("an answer has an error that is none");
    if (fields::is_absent(answer, "id")) return std::unexpected(std::move(*error));
  } else if (const auto version = fields::text_at(answer, "jsonrpc");
             !version || *version != "2.0") {
    return bad_json("an answer is not JSON-RPC 2.0");
  }
  const auto id = fields::number_at(answer, "id");
  if (!id) return bad_ids("an answer has no id");
  if (*id < first_id || *id - first_id >= matched.size()) return bad_ids("an id was never asked");
  auto& slot = matched[*id - first_id];
  if (slot) return bad_ids("an id is answered twice");
  if (error && error->reason == "throttled") return std::unexpected(std::move(*error));
  if (error) {
    slot = std::unexpected(std::move(*error));
    return {};
  }
  if (!element.descend("result")) return bad_json("an answer has neither result nor error");
  slot = std::move(element);
  return {};
}

}  // namespace

Result<Answers> match_answers(std::string_view body, std::uint64_t first_id, std::size_t calls) {
  if (!is_shallow(body)) return bad_json("the answer is nested too deeply");
  json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) return bad_json("the answer is not JSON, or cut off");
  if (parsed.is_array()) return match(std::move(parsed.get_ref<json::array_t&>()), first_id, calls);
  // One question, or a batch that was refused as a whole.
  TRY(const auto error, error_of(parsed));
  if (error && calls > 1) return std::unexpected(*error);
  json::array_t one;
  one.push_back(std::move(parsed));
  return match(std::move(one), first_id, calls);
}

Result<Document> match_document(std::string& body, std::uint64_t id) {
  auto document = Document::parse_in_place(body);
  if (!document) return bad_json("the answer is not JSON, or cut off");
  const auto answer = fields::object(fields::root(*document), "answer");
  if (!answer || !fields::is_absent(*answer, "error")) {
    // Errors are small, and the words of nodes about them are read in one place.
    TRY(const Answers answers, match_answers(body, id, 1));
    TRY_OK(answers.front());
    return bad_json("an answer has both result and error");
  }
  const auto version = fields::text_at(*answer, "jsonrpc");
  if (!version || *version != "2.0") return bad_json("an answer is not JSON-RPC 2.0");
  const auto told = fields::number_at(*answer, "id");
  if (!told || *told != id) return bad_ids("the question has no answer");
  if (!document->descend("result")) return bad_json("an answer has neither result nor error");
  return document;
}

Result<std::vector<Result<Document>>> match_documents(std::string& body, std::uint64_t first_id,
                                                      std::size_t calls) {
  auto document = Document::parse_in_place(body);
  if (!document) return bad_json("the answer is not JSON, or cut off");
  auto elements = document->elements();
  if (!elements) {
    // One question, or a batch that was refused as a whole.
    if (calls > 1) {
      TRY_OK(match_answers(body, first_id, calls));
      return bad_json("a batch has one answer");
    }
    elements.emplace();
    elements->push_back(std::move(*document));
  }
  std::vector<std::optional<Result<Document>>> matched(calls);
  for (Document& element : *elements) TRY_OK(match_one(std::move(element), first_id, matched));
  std::vector<Result<Document>> out;
  out.reserve(calls);
  for (auto& slot : matched) {
    if (!slot) return bad_ids("a question has no answer");
    out.push_back(std::move(*slot));
  }
  return out;
}

std::chrono::milliseconds parse_retry_after(std::string_view header) {
  constexpr unsigned kMaxSeconds = 600;
  unsigned seconds = 0;
  for (const char c : header) {
    if (c < '0' || c > '9') return std::chrono::seconds(1);
    seconds = std::min(seconds * 10 + static_cast<unsigned>(c - '0'), kMaxSeconds);
  }
  return std::chrono::seconds(std::max(seconds, 1U));
}

JsonRpc::JsonRpc(http::Transport& transport, Endpoint endpoint, NodeGate* gate)
    : transport_(transport), endpoint_(std::move(endpoint)), gate_(gate) {
  if (gate_) endpoint_.max_batch = std::min(endpoint_.max_batch, gate_->largest_batch());
  INVARIANT(endpoint_.max_batch > 0);
}

http::Task<Result<json>> JsonRpc::call(Call call) {
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  CO_TRY(Answers answers, co_await exchange(std::move(calls), kUsualBytes));
  co_return std::move(answers.front());
}

http::Task<Result<Answers>> JsonRpc::batch(std::vector<Call> calls, std::size_t expected_bytes) {
  Answers out;
  out.reserve(calls.size());
  for (std::size_t first = 0; first < calls.size(); first += endpoint_.max_batch) {
    const auto begin = calls.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(endpoint_.max_batch, calls.size() - first);
    std::vector<Call> part(std::make_move_iterator(begin),
                           std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
    CO_TRY(Answers answers, co_await exchange(std::move(part), expected_bytes));
    std::ranges::move(answers, std::back_inserter(out));
  }
  co_return out;
}

http::Task<Result<Document>> JsonRpc::document(Call call, std::size_t expected_bytes) {
  const std::uint64_t id = next_id_++;
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  CO_TRY(Received received, co_await send(std::move(calls), id, expected_bytes));
  http::Response& response = received.response;
  if (response.status == 200) {
    auto document = match_document(response.body, id);
    if (document || document.error().reason != "throttled") co_return document;
  }
  CO_TRY(const Answers refused, read(response, id, 1));
  CO_TRY_OK(refused.front());
  co_return bad_json("a refusal has a result");
}

http::Task<Result<LargeAnswers>> JsonRpc::documents(std::vector<Call> calls,
                                                    std::size_t expected_bytes) {
  LargeAnswers out;
  for (std::size_t first = 0; first < calls.size(); first += endpoint_.max_batch) {
    const auto begin = calls.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(endpoint_.max_batch, calls.size() - first);
    std::vector<Call> part(std::make_move_iterator(begin),
                           std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
    CO_TRY(LargeAnswers answers, co_await exchange_large(std::move(part), expected_bytes));
    std::ranges::move(answers.results, std::back_inserter(out.results));
    out.bytes += answers.bytes;
  }
  co_return out;
}

http::Task<Result<LargeAnswers>> JsonRpc::exchange_large(std::vector<Call> calls,
                                                         std::size_t expected_bytes) {
  const std::size_t count = calls.size();
  const std::uint64_t first_id = next_id_;
  next_id_ += count;
  CO_TRY(Received received, co_await send(std::move(calls), first_id, expected_bytes));
  http::Response& response = received.response;
  if (response.status == 200) {
    auto matched = match_documents(response.body, first_id, count);
    if (matched) co_return LargeAnswers{std::move(*matched), response.body.size()};
    if (matched.error().reason != "throttled") co_return std::unexpected(matched.error());
  }
  CO_TRY(Answers refused, read(response, first_id, count));
  LargeAnswers out{.results = {}, .bytes = response.body.size()};
  for (Result<json>& each : refused) {
    if (each) co_return bad_json("a refusal has a result");
    out.results.emplace_back(std::unexpected(std::move(each).error()));
  }
  co_return out;
}

http::Task<Result<Answers>> JsonRpc::exchange(std::vector<Call> calls, std::size_t expected_bytes) {
  const std::size_t count = calls.size();
  const std::uint64_t first_id = next_id_;
  next_id_ += count;
  CO_TRY(const Received received, co_await send(std::move(calls), first_id, expected_bytes));
  co_return read(received.response, first_id, count);
}

http::Task<Result<JsonRpc::Received>> JsonRpc::send(std::vector<Call> calls, std::uint64_t first_id,
                                                    std::size_t expected_bytes) {
  const std::size_t count = calls.size();
  http::Request request;
  request.method = "POST";
  request.url = endpoint_.url;
  request.headers = endpoint_.headers;
  request.headers.emplace_back("content-type", "application/json");
  request.body = encode(std::move(calls), first_id);
  request.retry_on_stale = true;
  request.lane = endpoint_.lane;
  const std::size_t most = endpoint_.max_answer_bytes;
  if (expected_bytes < most) {
    auto received = co_await receive(request, count, expected_bytes);
    if (received || received.error().reason != "body_too_large") co_return received;
  }
  co_return co_await receive(std::move(request), count, most);
}

http::Task<Result<JsonRpc::Received>> JsonRpc::receive(http::Request request, std::size_t calls,
                                                       std::size_t max_bytes) {
  Received out;
  if (gate_) {
    CO_TRY(NodeGate::Pass pass, co_await gate_->enter(calls, max_bytes));
    out.pass.emplace(std::move(pass));
  }
  const http::Limits limits{max_bytes, endpoint_.timeout};
  CO_TRY(out.response, co_await transport_.send(std::move(request), limits));
  co_return out;
}

Result<Answers> JsonRpc::read(const http::Response& response, std::uint64_t first_id,
                              std::size_t calls) {
  if (response.status == 429) {
    retry_after_ = parse_retry_after(response.header("retry-after"));
    return fail(Errc::Unavailable, "throttled", "the node answered HTTP 429");
  }
  auto answers = match_answers(response.body, first_id, calls);
  if (!answers && answers.error().reason == "throttled") {
    retry_after_ = parse_retry_after(response.header("retry-after"));
  }
  if (response.status == 200) return answers;
  // Some providers tell an error of JSON-RPC by the status as well; anything else is a gateway's.
  if (answers && !std::ranges::any_of(answers.value(), &Result<json>::has_value)) return answers;
  if (!answers && answers.error().code != Errc::Corrupt) return answers;
  return fail(Errc::Unavailable, "http_status",
              "the node answered HTTP " + std::to_string(response.status));
}

}  // namespace settled::chains::rpc
