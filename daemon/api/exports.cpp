#include "daemon/exports/exports.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/api/service.hpp"

/// The books as files, streamed.
namespace settled::daemon::api {
namespace {

constexpr Access kRead{.any_of = ledger::kLedgerRead};
/// Each takes turns with every other request, a few milliseconds at a time.
constexpr int kMaxExports = 4;
/// A piece has the server's deadline for writing; all of them together this one.
constexpr std::chrono::hours kMaxDuration{1};

/// One of the exports that may be under way; given back when the answer is done with.
using Turn = std::shared_ptr<void>;

Result<Turn> take_turn(const std::shared_ptr<int>& under_way) {
  if (*under_way >= kMaxExports) {
    return fail(Errc::Unavailable, "too_many_exports",
                std::to_string(kMaxExports) + " exports are under way; try again");
  }
  ++*under_way;
  return Turn(under_way.get(), [under_way](void*) { --*under_way; });
}

Result<exports::Request> read_request(const Service& service, const Call& call) {
  Query query(call.request);
  exports::Request request;
  TRY(const auto format, query.choice("format", exports::parse_format));
  TRY(request.merchant, service.narrowed(call.caller, query));
  TRY(const auto currency, query.text("currency"));
  TRY(const auto from, query.time("from"));
  TRY(const auto until, query.time("until"));
  TRY_OK(query.done());
  if (!format) {
    return fail(Errc::Invalid, "missing_parameter", "csv, hledger, jsonl or statement", "format");
  }
  request.format = *format;
  request.currency = currency.value_or("");
  if (from) request.from = *from;
  if (until) request.until = *until;
  TRY_OK(exports::check(request));
  return request;
}

/// A client that is gone, or does not read, has lost its connection already. For any other end
/// before the end this throws, and the answer is left without its last chunk.
Task<void> send_pieces(const Service* service, exports::Request request, exports::Place place,
                       Turn turn, http::EventStream* stream) {
  const auto deadline = std::chrono::steady_clock::now() + kMaxDuration;
  for (std::optional<exports::Place> next = std::move(place); next;) {
    auto piece = exports::next_piece(service->reader(), request, *next, service->context);
    if (!piece) throw std::runtime_error("export: " + piece.error().detail);
    const Status sent = co_await stream->send(std::move(piece->text));
    if (!sent && sent.error().reason == "draining") throw std::runtime_error("export: draining");
    if (!sent) co_return;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("export: too slow");
    next = std::move(piece->next);
    // What found nothing to show sent nothing, and others wait.
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
}

Result<http::Response> get_export(const Service& service, const std::shared_ptr<int>& under_way,
                                  const Call& call) {
  TRY(const exports::Request request, read_request(service, call));
  TRY(const exports::Place place, exports::begin(service.reader(), request));
  TRY(const Turn turn, take_turn(under_way));
  http::Response response;
  response.content_type = exports::content_type(request.format);
  response.headers.emplace_back(
      "Content-Disposition",
      "attachment; filename=\"" + std::string(exports::file_name(request.format)) + "\"");
  response.stream = [&service, request, place, turn](http::EventStream& stream) {
    return send_pieces(&service, request, place, turn, &stream);
  };
  return response;
}

}  // namespace

void add_export_routes(Service& service) {
  service.respond("/v1/exports", kRead,
                  [&service, under_way = std::make_shared<int>(0)](const Call& call) {
                    return get_export(service, under_way, call);
                  });
}

}  // namespace settled::daemon::api
