#include "daemon/process/admin.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/api/secrets.hpp"
#include "daemon/payouts/hold.hpp"
#include "daemon/process/export_piece.hpp"
#include "daemon/render/words.hpp"
#include "ledger/backup.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/verify.hpp"

namespace settled::daemon::process {
namespace {

using Json = nlohmann::json;
using ledger::pb::ApiKey;
using ledger::pb::Reply;

Result<std::uint32_t> scopes_of(const Json& names) {
  TRY(const std::uint32_t scopes, render::parse_scopes(names.get<std::vector<std::string>>()));
  if (scopes == 0) return fail(Errc::Invalid, "unknown_scope", "a key needs at least one scope");
  return scopes;
}

Json key_json(const ApiKey& key) {
  return {
      {"id", ApiKeyId::from_raw(key.id()).to_string()},
      {"name", key.name()},
      {"merchant", key.merchant().empty() ? Json(nullptr)
                                          : Json(MerchantId::from_raw(key.merchant()).to_string())},
      {"scopes", render::scope_words(key.scopes())},
      {"created", to_rfc3339(from_ms(key.created()))},
      {"revoked", key.revoked() == 0 ? Json(nullptr) : Json(to_rfc3339(from_ms(key.revoked())))}};
}

Result<AdminRequest> create_key(const Json& request, Random& random) {
  TRY(const std::uint32_t scopes, scopes_of(request.at("scopes")));
  const std::string secret = api::new_api_secret(random);
  AdminRequest out;
  auto& create = *out.command.emplace().mutable_create_api_key();
  create.set_name(request.at("name").get<std::string>());
  create.set_scopes(scopes);
  create.set_secret_sha256(api::api_secret_sha256(secret));
  if (const std::string merchant = request.value("merchant", ""); !merchant.empty()) {
    const auto id = MerchantId::parse(merchant);
    if (!id) return fail(Errc::NotFound, "not_found", "no merchant " + merchant);
    create.set_merchant(id->raw());
  }
  out.answer = [secret](const Reply& reply) -> Result<Json> {
    Json key = key_json(reply.api_key());
    key["secret"] = secret;
    return key;
  };
  return out;
}

Result<AdminRequest> revoke_key(const Json& request) {
  TRY(const ApiKeyId id, ApiKeyId::parse(request.at("id").get<std::string>()));
  AdminRequest out;
  out.command.emplace().mutable_revoke_api_key()->set_id(id.raw());
  out.answer = [](const Reply& reply) -> Result<Json> { return key_json(reply.api_key()); };
  return out;
}

AdminRequest list_keys(const ledger::store::Reader& reader) {
  AdminRequest out;
  out.answer = [&reader](const Reply&) -> Result<Json> {
    TRY(const auto keys, ledger::reports::all_api_keys(reader));
    Json rows = Json::array();
    for (const ApiKey& key : keys) rows.push_back(key_json(key));
    return rows;
  };
  return out;
}

/// What was held after a restore is sent again.
Result<AdminRequest> release_payouts(const ledger::store::Reader& reader) {
  TRY(const bool held, payouts::is_held(reader));
  AdminRequest out;
  if (held) out.rows.erase(payouts::hold_key());
  out.answer = [held](const Reply&) -> Result<Json> { return Json{{"held", held}}; };
  return out;
}

AdminRequest export_books(const Json& request, const ledger::store::Reader& reader) {
  AdminRequest out;
  out.answer = [request, &reader](const Reply&) { return export_piece(request, reader); };
  return out;
}

Result<Json> verify_books(const ledger::store::Reader& snapshot, const WorkPlace& place,
                          Notes notes, const ledger::Watch& watch) {
  TRY(const auto scratch, ledger::store::ScratchStore::create(place.data_dir / "verify.tmp"));
  const bool unproven = begins_anew(place.checkpoint_dir);
  Notes inside;
  if (!unproven) {
    TRY(inside, notes_inside(snapshot, place.key));
  }
  for (const auto& [sequence, proven] : inside) {
    const auto outside = notes.find(sequence);
    if (outside != notes.end() && outside->second.note != proven.note) {
      return fail(Errc::Corrupt, "checkpoint_contradicts",
                  "checkpoint " + std::to_string(sequence) +
                      " is another in the store than in the checkpoint directory");
    }
  }
  notes.merge(inside);
  ledger::VerifyOptions options;
  options.checkpoints = checkpoints_of(notes);
  options.empty = &scratch->store();
  options.watch = watch;
  TRY(const ledger::Verified verified, ledger::verify(snapshot, std::move(options)));
  return Json{{"commands", verified.commands},
              {"entries", verified.entries},
              {"accounts", verified.accounts},
              {"checkpoints", verified.checkpoints},
              {"begins_anew", unproven},
              {"time", verified.commands == 0 ? "" : to_rfc3339(from_ms(verified.time))},
              {"hash", to_hex(verified.log_hash.view())},
              {"state", to_hex(verified.state_hash.view())}};
}

Result<Json> back_up(const ledger::store::Reader& snapshot, const std::filesystem::path& to,
                     const Clock& clock, const ledger::Watch& watch) {
  TRY(const ledger::Manifest made, ledger::backup(snapshot, to, clock.now(), watch));
  return Json{{"to", to.string()},
              {"sequence", made.sequence},
              {"time", to_rfc3339(made.time)},
              {"hash", to_hex(made.hash.view())},
              {"rows", made.rows.rows},
              {"bytes", made.rows.bytes}};
}

}  // namespace

Result<AdminRequest> interpret(const Json& request, const ledger::store::Reader& reader,
                               Random& random) {
  const auto malformed = [](const std::string& why) {
    return fail(Errc::Invalid, "invalid_request", why);
  };
  std::string command;
  try {
    command = request.value("command", "");
    if (command == "keys.create") return create_key(request, random);
    if (command == "keys.revoke") return revoke_key(request);
  } catch (const Json::exception& error) {
    return malformed(error.what());
  }
  if (command == "keys.list") return list_keys(reader);
  if (command == "export") return export_books(request, reader);
  if (command == "payouts.release") return release_payouts(reader);
  return malformed("unknown command " + command);
}

Result<std::optional<BookWork>> interpret_work(const Json& request, const WorkPlace& place,
                                               const Clock& clock) {
  const auto text = [&](const char* field) {
    const auto found = request.find(field);
    return found != request.end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (text("command") == "verify") {
    TRY(const Notes outside, notes_outside(place.checkpoint_dir, place.key));
    return [place, outside](const ledger::store::Reader& snapshot, const ledger::Watch& watch) {
      return verify_books(snapshot, place, outside, watch);
    };
  }
  if (text("command") == "backup") {
    const std::filesystem::path to = text("to");
    if (!to.is_absolute()) {
      return fail(Errc::Invalid, "invalid_request", "a backup needs an absolute path");
    }
    return [to, &clock](const ledger::store::Reader& snapshot, const ledger::Watch& watch) {
      return back_up(snapshot, to, clock, watch);
    };
  }
  return std::nullopt;
}

}  // namespace settled::daemon::process
