#include <algorithm>

#include "daemon/api/service.hpp"
#include "daemon/receipt/receipt.hpp"
#include "ledger/accounts.hpp"
#include "ledger/entry_proof.hpp"
#include "ledger/keys.hpp"
#include "ledger/tree.hpp"
#include "ledger/types/hex.hpp"

/// What makes the books provable to others: signed checkpoints, proofs that the log only grew, and
/// a receipt for every entry.
namespace settled::daemon::api {
namespace {

constexpr Access kRead{.any_of = ledger::kLedgerRead};

/// What the note says. Whoever verifies it needs the key that signed it: `signed_by` names that as
/// a public key's text begins. One that was replaced cannot be held against anything here, so what
/// its notes say is shown as what it is, unproven.
Result<Json> checkpoint_json(const Service& service, const std::string& text) {
  TRY(const proof::Note note, proof::Note::parse(text));
  TRY(const auto checkpoint, proof::Checkpoint::parse(note.text, note.name));
  const bool verified = note.verify(service.hooks.checkpoint_key).has_value();
  return Json{{"object", "checkpoint"},
              {"livemode", service.context.livemode},
              {"sequence", checkpoint.sequence},
              {"root", to_hex(checkpoint.root.view())},
              {"hash", to_hex(checkpoint.hash.view())},
              {"state_hash", to_hex(checkpoint.state.view())},
              {"time", to_rfc3339(checkpoint.time)},
              {"signed_by", note.name + "+" + to_hex(note.key_id.view())},
              {"verified", verified},
              {"note", text}};
}

/// Newest first; cursors are sequences.
Result<std::string> list_checkpoints(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const std::size_t limit, query.limit());
  TRY(const auto after, query.integer("starting_after", 1, INT64_MAX));
  TRY(const auto before, query.integer("ending_before", 1, INT64_MAX));
  TRY_OK(query.done());
  if (after && before) return Query::both_cursors();
  std::vector<std::string> notes;
  if (before) {
    TRY(notes, ledger::stored_checkpoints_above(service.reader(), *before, limit + 1));
  } else {
    TRY(notes, ledger::stored_checkpoints(service.reader(), after.value_or(0), limit + 1));
  }
  const bool has_more = notes.size() > limit;
  if (has_more) notes.erase(before ? notes.begin() : notes.end() - 1);
  std::vector<std::string> data;
  data.reserve(notes.size());
  for (const std::string& note : notes) {
    const auto json = checkpoint_json(service, note);
    if (!json) {
      return fail(Errc::Corrupt, "corrupt_record", "a stored checkpoint does not parse");
    }
    data.push_back(render::text(*json));
  }
  return render::list(data, has_more, call.request.path);
}

/// Error: NotFound for an entry that touches no account of the caller's.
Result<pb::Entry> visible_entry(const Service& service, const Caller& caller,
                                const std::string& text) {
  TRY(const EntryId id, EntryId::parse(text));
  TRY(auto entry, ledger::read_record<pb::Entry>(service.reader(), ledger::keys::entry(id.raw())));
  if (!entry) return Service::not_found();
  if (caller.is_platform()) return *std::move(entry);
  const std::string own =
      ledger::chart::merchant_prefix(MerchantId::from_raw(caller.merchant).to_string());
  const auto touches = [&](const pb::Line& line) { return line.account().starts_with(own); };
  if (std::ranges::none_of(entry->lines(), touches)) return Service::not_found();
  return *std::move(entry);
}

Result<std::string> get_entry(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const pb::Entry entry, visible_entry(service, call.caller, call.parameters["id"]));
  TRY(const Json json, entry_json(service, call.caller, entry));
  return render::text(json);
}

/// By the newest checkpoint, or by one that is made for it where the entry is newer.
Task<Result<std::string>> get_receipt(const Service& service, const Call& call) {
  CO_TRY_OK(Query(call.request).done());
  CO_TRY(const pb::Entry entry, visible_entry(service, call.caller, call.parameters["id"]));
  if (shown_to(call.caller, entry).lines_size() != entry.lines_size()) {
    co_return fail(Errc::Rejected, "entry_of_several_merchants",
                   "a receipt shows the whole entry, and other merchants have lines in it: ask "
                   "whoever runs this server");
  }
  CO_TRY(const std::uint64_t command,
         ledger::command_of_entry(service.reader(), service.hooks.log_layout, entry.id()));
  CO_TRY(const auto notes, ledger::stored_checkpoints(service.reader(), 0, 1));
  ledger::SignedCheckpoint by;
  if (!notes.empty()) {
    const auto newest = proof::Checkpoint::open(notes.front(), service.hooks.checkpoint_key);
    if (newest) by = {*newest, notes.front()};
  }
  if (by.checkpoint.sequence < command) {
    auto made = co_await service.hooks.checkpoint();
    if (!made && made.error().code != Errc::Corrupt) {
      co_return fail(Errc::Unavailable, "checkpoint_unavailable",
                     "no checkpoint can be made now; try again later");
    }
    CO_TRY(by, std::move(made));
  }
  CO_TRY(const auto proof, ledger::prove_entry(service.reader(), service.hooks.log_layout,
                                               entry.id(), by, service.hooks.checkpoint_key));
  co_return render::text(receipt::to_json(proof, service.hooks.checkpoint_key));
}

/// Sizes up to the newest checkpoint's: further the tree has not grown.
Result<std::string> consistency(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto first, query.integer("first", 1, INT64_MAX));
  TRY(const auto second, query.integer("second", 1, INT64_MAX));
  TRY_OK(query.done());
  if (!first || !second) {
    return Query::invalid(first ? "second" : "first", "give the sizes `first` and `second`");
  }
  if (*first > *second) return Query::invalid("first", "`first` is more than `second`");
  TRY(const auto newest, ledger::stored_checkpoints(service.reader(), 0, 1));
  const auto signed_one =
      newest.empty() ? Result<proof::Checkpoint>(fail(Errc::NotFound, "not_found", ""))
                     : proof::Checkpoint::open(newest.front(), service.hooks.checkpoint_key);
  if (!signed_one || *second > signed_one->sequence) {
    return Query::invalid("second", "no checkpoint signs so many commands yet");
  }
  const ledger::LogTree tree(service.reader(), service.hooks.log_layout);
  TRY(const Hash256 first_root, tree.root(*first));
  TRY(const Hash256 second_root, tree.root(*second));
  TRY(const auto hashes, tree.consistency(*first, *second));
  Json path = Json::array();
  for (const Hash256& hash : hashes) path.push_back(to_hex(hash.view()));
  return render::text(Json{{"object", "consistency_proof"},
                           {"first", *first},
                           {"second", *second},
                           {"first_root", to_hex(first_root.view())},
                           {"second_root", to_hex(second_root.view())},
                           {"path", std::move(path)}});
}

}  // namespace

void add_proof_routes(Service& service) {
  service.read("/v1/ledger/checkpoints", kRead,
               [&service](const Call& call) { return list_checkpoints(service, call); });
  service.read("/v1/ledger/consistency", kRead,
               [&service](const Call& call) { return consistency(service, call); });
  service.read("/v1/ledger/entries/{id}", kRead,
               [&service](const Call& call) { return get_entry(service, call); });
  service.read_slowly("/v1/ledger/entries/{id}/proof", kRead,
                      [&service](const Call& call) { return get_receipt(service, call); });
}

}  // namespace settled::daemon::api
