#include "daemon/process/export_piece.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include "daemon/exports/exports.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "ledger/types/id.hpp"

namespace settled::daemon::process {
namespace {

using Json = nlohmann::json;

/// A line of the control socket; a thousand of them take the io thread less than the disk.
constexpr exports::PieceLimits kLimits = {.rows = 1'000, .bytes = std::size_t{256} * 1024};

Status read_time(const Json& request, const char* name, Time& out) {
  const std::string text = request.at(name).get<std::string>();
  if (text.empty()) return {};
  const auto time = parse_rfc3339(text);
  if (!time) {
    return fail(Errc::Invalid, "invalid_parameter",
                text + " is not a time such as 2026-11-21T00:00:00Z", name);
  }
  out = *time;
  return {};
}

Result<exports::Request> read_request(const Json& request, const ledger::store::Reader& reader) {
  exports::Request out;
  const std::string format = request.at("format").get<std::string>();
  const auto known = exports::parse_format(format);
  if (!known) {
    return fail(Errc::Invalid, "invalid_parameter",
                "there is no format " + format + ", but csv, hledger, jsonl and statement",
                "format");
  }
  out.format = *known;
  if (const std::string text = request.at("merchant").get<std::string>(); !text.empty()) {
    const auto id = MerchantId::parse(text);
    const auto unknown = [&] { return fail(Errc::NotFound, "not_found", "no merchant " + text); };
    if (!id) return unknown();
    TRY(const auto merchant, reader.get(ledger::keys::merchant(id->raw())));
    if (!merchant) return unknown();
    out.merchant = id->raw();
  }
  out.currency = request.at("currency").get<std::string>();
  TRY_OK(read_time(request, "from", out.from));
  TRY_OK(read_time(request, "until", out.until));
  TRY_OK(exports::check(out));
  return out;
}

Result<Json> answer(const Json& request, const ledger::store::Reader& reader) {
  TRY(const exports::Request asked, read_request(request, reader));
  const std::string at = request.at("place").get<std::string>();
  TRY(const exports::Place place,
      at.empty() ? exports::begin(reader, asked) : exports::Place::parse(at));
  render::Context context;
  context.livemode = request.at("livemode").get<bool>();
  TRY(const exports::Piece piece, exports::next_piece(reader, asked, place, context, kLimits));
  return Json{{"text", piece.text}, {"place", piece.next ? piece.next->to_text() : ""}};
}

}  // namespace

Result<Json> export_piece(const Json& request, const ledger::store::Reader& reader) {
  try {
    return answer(request, reader);
  } catch (const Json::exception& error) {
    return fail(Errc::Invalid, "invalid_request", error.what());
  }
}

}  // namespace settled::daemon::process
