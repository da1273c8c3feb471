#include "daemon/http/request_parser.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "daemon/http/target.hpp"
#include "ledger/types/utf8.hpp"

namespace settled::daemon::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

/// Two of these, and who the request is from or where it ends depends on the reader.
constexpr std::array<std::string_view, 8> kAtMostOnce = {
    "host",   "authorization",     "content-length",  "content-type", "idempotency-key",
    "expect", "transfer-encoding", "content-encoding"};

std::unexpected<Error> bad_request(std::string detail) {
  return fail(Errc::Invalid, "bad_request", std::move(detail));
}

std::unexpected<Error> body_too_large(std::size_t limit) {
  return fail(Errc::Invalid, "body_too_large",
              "a body has at most " + std::to_string(limit) + " bytes");
}

/// What no part of a head may hold (RFC 9110 section 5.5).
bool is_forbidden(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte < 0x20 ? c != '\t' && c != '\r' && c != '\n' : byte == 0x7F;
}

bool starts_method(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// A parser that ends a line at a bare line feed would see another chunk than we do.
void check_chunk_extension(std::uint64_t, beast::string_view extension, beast::error_code& error) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x20 ? c != '\t' : byte == 0x7F;
  };
  if (std::ranges::any_of(extension, is_control)) {
    error = beast::http::error::bad_chunk_extension;
  }
}

/// Line ends alone and together, folded lines: what parsers are known to disagree about.
Status check_lines(std::string_view head) {
  for (std::size_t at = head.find('\r'); at != std::string_view::npos;
       at = head.find('\r', at + 1)) {
    if (at + 1 == head.size() || head[at + 1] != '\n') {
      return bad_request("a carriage return without line feed");
    }
    if (at + 2 < head.size() && (head[at + 2] == ' ' || head[at + 2] == '\t')) {
      return bad_request("a folded header line");
    }
  }
  return {};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

Pairs headers_of(const Parser& parser) {
  Pairs headers;
  headers.reserve(16);
  for (const auto& field : parser.get()) {
    headers.emplace_back(lower_case(field.name_string()), std::string(field.value()));
  }
  return headers;
}

Status check_headers(const Request& request, bool http_1_1) {
  for (const std::string_view name : kAtMostOnce) {
    if (std::ranges::count(request.headers, name, &Pairs::value_type::first) > 1) {
      return fail(Errc::Invalid, "duplicate_header", "a second header '" + std::string(name) + "'",
                  std::string(name));
    }
  }
  if (http_1_1 && !request.header("host")) return bad_request("no Host header");
  if (const auto length = request.header("content-length")) {
    const bool digits = std::ranges::all_of(*length, [](char c) { return c >= '0' && c <= '9'; });
    if (length->empty() || length->size() > 18 || !digits) return bad_request("bad Content-Length");
  }
  if (const auto encoding = request.header("transfer-encoding")) {
    if (!beast::iequals(*encoding, "chunked") || !http_1_1) {
      return bad_request("the one transfer encoding taken is HTTP/1.1's \"chunked\"");
    }
    if (request.header("content-length")) {
      return bad_request("both Content-Length and Transfer-Encoding");
    }
  }
  return {};
}

}  // namespace

Result<std::size_t> find_head_end(std::string_view bytes, std::size_t scanned) {
  if (bytes.empty()) return 0;
  if (scanned == 0 && !starts_method(bytes.front())) return bad_request("this is not HTTP");
  for (std::size_t at = scanned; at < bytes.size(); ++at) {
    if (is_forbidden(bytes[at])) return bad_request("a control character in the head");
    if (bytes[at] != '\n') continue;
    if (at == 0 || bytes[at - 1] != '\r') return bad_request("a line feed without carriage return");
    if (at >= 3 && bytes[at - 2] == '\n') return at + 1;
  }
  return 0;
}

struct RequestParser::State {
  /// The parser keeps a reference to it.
  std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> chunk_check =
      check_chunk_extension;
  std::optional<Parser> parser;
  bool http_1_1 = false;
  bool expects_continue = false;
};

RequestParser::RequestParser(std::size_t max_body_bytes)
    : max_body_bytes_(max_body_bytes), state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

Status RequestParser::start(std::string_view head, Request& request) {
  TRY_OK(check_lines(head));
  if (!is_utf8(head)) return bad_request("a head that is not UTF-8");

  Parser& parser = state_->parser.emplace();
  // The caller's limit has been kept; Beast's own would be off by what it counts differently.
  parser.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(head.size() + 1, 1U << 30)));
  parser.body_limit(max_body_bytes_);
  parser.on_chunk_header(state_->chunk_check);
  parser.eager(false);
  beast::error_code error;
  const std::size_t taken = parser.put(boost::asio::buffer(head), error);
  if (error == beast::http::error::body_limit) return body_too_large(max_body_bytes_);
  if (error) return bad_request(error.message());
  if (taken != head.size() || !parser.is_header_done()) return bad_request("a malformed head");
  parser.eager(true);

  const auto& message = parser.get();
  state_->http_1_1 = message.version() == 11;
  request.method = std::string(message.method_string());
  request.headers = headers_of(parser);
  TRY_OK(check_headers(request, state_->http_1_1));
  TRY(Target target, parse_target(message.target()));
  request.path = std::move(target.path);
  request.segments = std::move(target.segments);
  request.query = std::move(target.query);

  if (const auto length = parser.content_length(); length && *length > max_body_bytes_) {
    return body_too_large(max_body_bytes_);
  }
  const auto expect = request.header("expect");
  if (expect && !beast::iequals(*expect, "100-continue")) {
    return fail(Errc::Invalid, "expectation_failed", "the one expectation met is 100-continue");
  }
  state_->expects_continue = expect.has_value() && state_->http_1_1;
  return {};
}

bool RequestParser::done() const {
  return state_->parser->is_done();
}

Result<std::size_t> RequestParser::read_body(std::string_view bytes) {
  beast::error_code error;
  const std::size_t taken = state_->parser->put(boost::asio::buffer(bytes), error);
  if (error == beast::http::error::body_limit) return body_too_large(max_body_bytes_);
  if (error && error != beast::http::error::need_more) return bad_request(error.message());
  return taken;
}

std::string RequestParser::take_body() {
  return std::move(state_->parser->get().body());
}

bool RequestParser::keep_alive() const {
  return state_->parser->keep_alive();
}
bool RequestParser::http_1_1() const {
  return state_->http_1_1;
}
bool RequestParser::expects_continue() const {
  return state_->expects_continue && !state_->parser->is_done();
}

}  // namespace settled::daemon::http
