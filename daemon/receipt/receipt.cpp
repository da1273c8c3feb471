#include "daemon/receipt/receipt.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/json/fields.hpp"
#include "daemon/json/parse.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/id.hpp"

namespace settled::daemon::receipt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestPath = 64;
constexpr std::size_t kHexHash = 2 * Hash256::kSize;
constexpr std::size_t kLongestText = 1'024;

std::string hex(const Hash256& hash) {
  return to_hex(hash.view());
}

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_receipt", std::move(detail));
}

/// One spelling of each hash: what could be written otherwise could be changed unnoticed.
Result<Hash256> read_hash(const std::string& text) {
  const auto hash = fixed_from_hex<Hash256>(text);
  if (!hash || hex(*hash) != text) return invalid("\"" + text + "\" is no hash in lower-case hex");
  return *hash;
}

Result<Hash256> hash_of(json::Fields& fields, std::string_view name) {
  TRY(const std::string text, fields.text(name, kHexHash));
  return read_hash(text);
}

Result<std::vector<ledger::PathStep>> entry_path(json::Fields& fields) {
  TRY(auto steps, fields.objects("entry_path", kLongestPath));
  std::vector<ledger::PathStep> out;
  for (json::Fields& step : steps) {
    ledger::PathStep& read = out.emplace_back();
    read.left = step.has("left");
    TRY(read.hash, hash_of(step, read.left ? "left" : "right"));
    TRY_OK(step.done());
  }
  return out;
}

Result<std::vector<Hash256>> leaf_path(json::Fields& fields) {
  TRY(auto steps, fields.objects("leaf_path", kLongestPath));
  std::vector<Hash256> out;
  for (json::Fields& step : steps) {
    TRY(out.emplace_back(), hash_of(step, "hash"));
    TRY_OK(step.done());
  }
  return out;
}

Result<ledger::Leaf> read_leaf(json::Fields& fields) {
  TRY(auto leaf, fields.object("leaf"));
  ledger::Leaf out;
  TRY(const std::int64_t sequence, leaf.integer("sequence", 1, INT64_MAX));
  out.sequence = static_cast<std::uint64_t>(sequence);
  TRY(out.envelope, hash_of(leaf, "envelope_hash"));
  TRY(out.state, hash_of(leaf, "state_hash"));
  TRY(out.entries_root, hash_of(leaf, "entries_root"));
  TRY_OK(leaf.done());
  return out;
}

Result<std::string> read_entry(json::Fields& fields) {
  TRY(const std::string text, fields.text("entry", kLargestReceipt));
  const auto bytes = from_base64(text);
  if (!bytes || to_base64(*bytes) != text) return invalid("`entry` is not base64");
  return std::string(as_text(*bytes));
}

}  // namespace

nlohmann::ordered_json to_json(const ledger::EntryProof& proof, const proof::VerifierKey& key) {
  ledger::pb::Entry entry;
  INVARIANT(entry.ParseFromString(proof.entry));
  Json entry_steps = Json::array();
  for (const ledger::PathStep& step : proof.entry_path) {
    entry_steps.push_back({{step.left ? "left" : "right", hex(step.hash)}});
  }
  Json leaf_steps = Json::array();
  for (const Hash256& hash : proof.leaf_path) leaf_steps.push_back({{"hash", hex(hash)}});
  return {{"object", "receipt"},
          {"id", EntryId::from_raw(entry.id()).to_string()},
          {"entry", to_base64(as_bytes(proof.entry))},
          {"entry_path", std::move(entry_steps)},
          {"leaf",
           {{"sequence", proof.leaf.sequence},
            {"envelope_hash", hex(proof.leaf.envelope)},
            {"state_hash", hex(proof.leaf.state)},
            {"entries_root", hex(proof.leaf.entries_root)}}},
          {"leaf_path", std::move(leaf_steps)},
          {"checkpoint", proof.checkpoint},
          {"key", key.text()}};
}

Result<Receipt> parse(std::string_view text) {
  if (text.size() > kLargestReceipt) return invalid("a receipt is smaller than 1 MiB");
  TRY(const nlohmann::json document, json::parse_strict(text));
  json::Fields fields(document);
  TRY(const std::string object, fields.text("object", kLongestText));
  if (object != "receipt") return invalid("`object` is not \"receipt\"");
  TRY(const std::string id, fields.text("id", kLongestText));
  Receipt out;
  TRY(out.proof.entry, read_entry(fields));
  TRY(out.proof.entry_path, entry_path(fields));
  TRY(out.proof.leaf, read_leaf(fields));
  TRY(out.proof.leaf_path, leaf_path(fields));
  TRY(out.proof.checkpoint, fields.text("checkpoint", kLongestText));
  TRY(const std::string key, fields.text("key", kLongestText));
  TRY(out.key, proof::VerifierKey::parse(key));
  TRY_OK(fields.done());
  ledger::pb::Entry entry;
  if (!entry.ParseFromString(out.proof.entry) || entry.id().size() != IdBytes::kSize ||
      EntryId::from_raw(entry.id()).to_string() != id) {
    return invalid("`entry` is not the entry of `id`");
  }
  return out;
}

}  // namespace settled::daemon::receipt
