#include "daemon/api/noted_answers.hpp"

#include "ledger/keys.hpp"
#include "ledger/types/bytes.hpp"

namespace settled::daemon::api {
namespace {

constexpr std::size_t kFingerprintBytes = Hash256::kSize;

std::string row_of(const ledger::pb::IdempotencyKey& key) {
  return ledger::keys::Key(ledger::keys::Table::Operational)
      .name("api")
      .bytes("r")
      .bytes(key.scope())
      .bytes(key.key_sha256());
}

}  // namespace

std::unexpected<Error> idempotency_mismatch() {
  return fail(Errc::Rejected, "idempotency_mismatch",
              "the idempotency key was used with another request");
}

void note_answer(ledger::store::Batch& batch, const ledger::pb::IdempotencyKey& key,
                 std::string_view text) {
  batch.put(row_of(key), key.fingerprint() + std::string(text));
}

Result<std::optional<std::string>> noted_answer(const ledger::store::Reader& reader,
                                                const ledger::pb::IdempotencyKey& key) {
  TRY(const auto row, reader.get(row_of(key)));
  if (!row) return std::nullopt;
  if (row->size() < kFingerprintBytes) {
    return fail(Errc::Corrupt, "corrupt_record", "a noted answer does not parse");
  }
  if (row->substr(0, kFingerprintBytes) != key.fingerprint()) return idempotency_mismatch();
  return row->substr(kFingerprintBytes);
}

}  // namespace settled::daemon::api
