#include "chains/http/message.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <boost/beast/http/field.hpp>

#include "chains/http/own_headers.hpp"

namespace settled::chains::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kMaxHeaderBytes = 8192;
constexpr std::array<std::string_view, 6> kOwnHeaders = {
    "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect"};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
           kMarks.contains(c);
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_request", std::move(detail));
}

}  // namespace

std::string Response::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &Headers::value_type::first);
  return found == headers.end() ? std::string() : found->second;
}

bool is_own_header(std::string_view name) {
  return std::ranges::find(kOwnHeaders, lower(name)) != kOwnHeaders.end();
}

Result<RequestMessage> to_message(const Request& request, const Url& url) {
  if (!is_token(request.method)) return invalid("the method is malformed");
  RequestMessage message;
  message.version(11);
  message.method_string(request.method);
  message.target(url.target);
  message.set(beast_http::field::host, url.authority());
  message.set(beast_http::field::user_agent, "settled");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) return invalid("a header is malformed");
    if (name.size() + value.size() > kMaxHeaderBytes) return invalid("a header is too long");
    if (is_own_header(name)) {
      return invalid("the header " + name + " is the client's to set");
    }
    message.set(name, value);
  }
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

Response to_response(ResponseMessage message) {
  Response out;
  out.status = message.result_int();
  for (const auto& field : message) {
    out.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                             std::string(field.value()));
  }
  out.body = std::move(message.body());
  return out;
}

}  // namespace settled::chains::http
