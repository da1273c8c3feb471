#include "ledger/log.hpp"

#include <limits>

#include "ledger/apply.hpp"
#include "ledger/keys.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/types/crypto.hpp"

namespace settled::ledger {
namespace {

pb::Refusal to_refusal(const Error& error) {
  pb::Refusal refusal;
  refusal.set_code(static_cast<std::uint32_t>(error.code));
  refusal.set_reason(error.reason);
  refusal.set_detail(error.detail);
  refusal.set_param(error.param);
  return refusal;
}

Error to_error(const pb::Refusal& refusal) {
  return {static_cast<Errc>(refusal.code()), refusal.reason(), refusal.detail(), refusal.param()};
}

/// A refusal that depends on the state as it was: what a repetition of the request must hear again.
bool is_answer(const Error& error) {
  return error.code == Errc::Conflict || error.code == Errc::Rejected ||
         error.code == Errc::NotFound;
}

std::string record_key(const pb::IdempotencyKey& key) {
  return keys::idempotency(key.scope(), key.key_sha256());
}

Result<pb::Reply> stored_answer(const pb::IdempotencyRecord& record,
                                const pb::IdempotencyKey& key) {
  if (record.fingerprint() != key.fingerprint()) {
    return fail(Errc::Rejected, "idempotency_mismatch",
                "the idempotency key was used with another request");
  }
  if (record.reply().has_refusal()) return std::unexpected(to_error(record.reply().refusal()));
  return record.reply();
}

/// Borrows the reply, which would be costly to copy.
void record_answer(State& state, const pb::Envelope& envelope, pb::Reply& reply) {
  pb::IdempotencyRecord record;
  record.set_fingerprint(envelope.idempotency().fingerprint());
  record.mutable_reply()->Swap(&reply);
  state.put(record_key(envelope.idempotency()), record);
  record.mutable_reply()->Swap(&reply);
}

void append_bytes(std::string& out, std::string_view bytes) {
  keys::append_u64(out, bytes.size());
  out.append(bytes);
}

/// SHA-256 over the hash before, the counters of the head and every row that the command put or
/// erased, in the order of the keys: FORMAT.md, The log.
Hash256 state_hash(const Overlay& overlay, const pb::Head& head) {
  // Kept, since a buffer of a kilobyte is costly to get for each command.
  thread_local std::string kept;
  std::string& bytes = kept;
  bytes.assign(head.state_hash());
  for (const std::uint64_t counter : {head.sequence(), head.event_sequence(), head.entry_sequence(),
                                      static_cast<std::uint64_t>(head.time()),
                                      static_cast<std::uint64_t>(head.expired_until())}) {
    keys::append_u64(bytes, counter);
  }
  append_bytes(bytes, head.last_id());
  overlay.for_each_of_command([&](const Row& row) {
    append_bytes(bytes, row.key);
    bytes.push_back(row.value ? '\1' : '\0');
    if (row.value) append_bytes(bytes, *row.value);
  });
  const Hash256 hash = sha256(as_bytes(bytes));
  constexpr std::size_t kMostKept = std::size_t{1} << 20U;
  if (bytes.capacity() > kMostKept) bytes = {};
  return hash;
}

/// Entries in the order in which the command made them: their keys are their ids, which grow.
Hash256 entries_root(const Overlay& overlay) {
  std::vector<Hash256> leaves;
  overlay.for_each_of_command([&](const Row& row) {
    if (!row.key.starts_with(static_cast<char>(keys::Table::Entry))) return;
    INVARIANT(row.value);
    leaves.push_back(proof::leaf_hash(*row.value));
  });
  return proof::tree_root(leaves);
}

std::unexpected<Error> not_ours(const std::string& what) {
  return fail(Errc::Corrupt, "corrupt_log", "no book logs a command with " + what);
}

/// What every command of a book has kept to and what the code that applies it counts on: sums of
/// times that fit, entropy for an id, addresses of their size. Stored bytes may be damaged, or made
/// by somebody else, and must not stop a verification or break an invariant.
Status check_bounds(const pb::Envelope& envelope) {
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  constexpr std::size_t kEntropyBytes = 10;
  constexpr std::size_t kAddressBytes = 20;
  if (envelope.time() < 0 || envelope.time() >= kYear10000) return not_ours("such a time");
  if (envelope.entropy().size() < kEntropyBytes) return not_ours("so little entropy");
  const pb::Command& command = envelope.command();
  for (const std::int64_t duration :
       {command.create_intent().expires_in_ms(), command.create_intent().late_window_ms(),
        command.rotate_endpoint_secret().overlap_ms()}) {
    if (duration <= -kYear10000 || duration >= kYear10000) return not_ours("such a duration");
  }
  for (const std::string& address : command.add_deposit_addresses().addresses()) {
    if (address.size() != kAddressBytes) return not_ours("such an address");
  }
  return {};
}

}  // namespace

Result<LogLayout> read_layout(const store::Reader& reader) {
  TRY(const auto format, reader.get(keys::format_version()));
  // Not taken over yet: nothing but format 1.
  if (format == "1") return LogLayout{std::numeric_limits<std::uint64_t>::max()};
  TRY(const auto until, reader.get(keys::format_1_until()));
  if (!until) return LogLayout{};
  if (until->size() != sizeof(std::uint64_t)) {
    return fail(Errc::Corrupt, "corrupt_record", "the end of format 1 is not a number");
  }
  return LogLayout{keys::read_u64(*until, 0)};
}

std::string Leaf::bytes() const {
  std::string out;
  out.reserve(sizeof sequence + 3 * Hash256::kSize);
  keys::append_u64(out, sequence);
  for (const Hash256* hash : {&envelope, &state, &entries_root}) {
    out.append(as_text(hash->view()));
  }
  return out;
}

std::string LogRecord::stored() const {
  std::string out;
  out.reserve(3 * Hash256::kSize + envelope.size());
  out.append(as_text(hash.view()));
  if (!format_1) out.append(as_text(state.view())).append(as_text(entries_root.view()));
  return out.append(envelope);
}

Result<LogRecord> LogRecord::parse(std::string_view stored, bool format_1) {
  const std::size_t hashes = format_1 ? 1 : 3;
  if (stored.size() < hashes * Hash256::kSize) {
    return fail(Errc::Corrupt, "corrupt_log", "a log record is shorter than its hashes");
  }
  const auto hash_at = [&](std::size_t at) {
    return fixed_from<Hash256>(stored.substr(at * Hash256::kSize, Hash256::kSize));
  };
  LogRecord record{.format_1 = format_1,
                   .hash = hash_at(0),
                   .state = {},
                   .entries_root = {},
                   .envelope = std::string(stored.substr(hashes * Hash256::kSize))};
  if (!format_1) {
    record.state = hash_at(1);
    record.entries_root = hash_at(2);
  }
  return record;
}

Leaf LogRecord::leaf(std::uint64_t sequence) const {
  return {sequence, sha256(as_bytes(envelope)), state, entries_root};
}

Hash256 chain_hash(std::string_view previous, std::uint64_t sequence, const LogRecord& record) {
  if (record.format_1) return sha256({as_bytes(previous), as_bytes(record.envelope)});
  return sha256({as_bytes(previous), as_bytes(record.leaf(sequence).bytes())});
}

Effect apply_envelope(Overlay& overlay, pb::Head& head, const pb::Envelope& envelope) {
  if (Status sound = check_bounds(envelope); !sound) {
    return {std::unexpected(std::move(sound).error()), false, false};
  }
  // Kept, since the strings of a head are costly to make for each command.
  thread_local pb::Head after;
  after = head;
  const std::uint32_t rules = envelope.rules() == 0 ? 1 : envelope.rules();
  State state(overlay, after, from_ms(envelope.time()), envelope.entropy(), rules);
  const bool keyed = envelope.has_idempotency();
  if (keyed) {
    const auto known = state.find<pb::IdempotencyRecord>(record_key(envelope.idempotency()));
    if (!known) return {std::unexpected(known.error()), false, false};
    if (*known) return {stored_answer(**known, envelope.idempotency()), true, false};
  }
  Result<pb::Reply> reply = apply(state, envelope.command());
  if (!state.whole()) {
    reply = fail(Errc::Invalid, "invalid_field",
                 "a field of the command has a size or a value that no record may have");
  }
  if (reply) {
    reply->set_sequence(envelope.sequence());
    if (keyed) record_answer(state, envelope, *reply);
  } else {
    overlay.discard();
    after = head;
    if (!keyed || !is_answer(reply.error())) return {std::move(reply), false, false};
    pb::Reply refused;
    *refused.mutable_refusal() = to_refusal(reply.error());
    record_answer(state, envelope, refused);
  }
  after.set_sequence(envelope.sequence());
  after.set_time(envelope.time());
  head.Swap(&after);
  return {std::move(reply), false, true};
}

LogRecord seal(Overlay& overlay, pb::Head& head, std::string bytes) {
  LogRecord record;
  record.state = state_hash(overlay, head);
  record.entries_root = entries_root(overlay);
  record.envelope = std::move(bytes);
  record.hash = chain_hash(head.hash(), head.sequence(), record);
  head.mutable_hash()->assign(as_text(record.hash.view()));
  head.mutable_state_hash()->assign(as_text(record.state.view()));
  overlay.put(keys::log(head.sequence()), record.stored());
  overlay.keep();
  return record;
}

LogRecord seal_format_1(Overlay& overlay, pb::Head& head, std::string bytes) {
  LogRecord record;
  record.format_1 = true;
  record.envelope = std::move(bytes);
  record.hash = chain_hash(head.hash(), head.sequence(), record);
  head.set_hash(record.hash.raw());
  overlay.put(keys::log(head.sequence()), record.stored());
  overlay.keep();
  return record;
}

}  // namespace settled::ledger
