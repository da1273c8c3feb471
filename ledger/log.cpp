#include "ledger/log.hpp"

#include "ledger/apply.hpp"
#include "ledger/keys.hpp"
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

}  // namespace

Result<LogRecord> LogRecord::parse(std::string_view stored) {
  if (stored.size() < Hash256::kSize) {
    return fail(Errc::Corrupt, "corrupt_log", "a log record is shorter than its hash");
  }
  return LogRecord{fixed_from<Hash256>(stored.substr(0, Hash256::kSize)),
                   std::string(stored.substr(Hash256::kSize))};
}

Hash256 chain_hash(std::string_view previous, std::string_view envelope) {
  return sha256({as_bytes(previous), as_bytes(envelope)});
}

Effect apply_envelope(Overlay& overlay, pb::Head& head, const pb::Envelope& envelope) {
  pb::Head after = head;
  State state(overlay, after, from_ms(envelope.time()), envelope.entropy());
  const bool keyed = envelope.has_idempotency();
  if (keyed) {
    const auto known = state.find<pb::IdempotencyRecord>(record_key(envelope.idempotency()));
    if (!known) return {std::unexpected(known.error()), false, false};
    if (*known) return {stored_answer(**known, envelope.idempotency()), true, false};
  }
  Result<pb::Reply> reply = apply(state, envelope.command());
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
  head = after;
  return {std::move(reply), false, true};
}

}  // namespace settled::ledger
