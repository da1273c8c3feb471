#pragma once

#include <string_view>

#include "ledger/records.pb.h"
#include "ledger/types/result.hpp"

/// What the fields of stored records must be for the code that uses them: ids, hashes, addresses
/// and amounts of their size, times whose sums fit, enums that are known. Protobuf checks none of
/// it, and stored bytes may be damaged or somebody else's. What the book writes is always so.
/// Pure; any thread.
namespace settled::ledger {

bool is_whole(const pb::Head& record);
bool is_whole(const pb::Merchant& record);
bool is_whole(const pb::ApiKey& record);
bool is_whole(const pb::Account& record);
bool is_whole(const pb::HistoryRow& record);
bool is_whole(const pb::Entry& record);
bool is_whole(const pb::Hold& record);
bool is_whole(const pb::DepositAddress& record);
bool is_whole(const pb::Intent& record);
bool is_whole(const pb::Transfer& record);
bool is_whole(const pb::Payout& record);
bool is_whole(const pb::Refund& record);
bool is_whole(const pb::Incident& record);
bool is_whole(const pb::Period& record);
bool is_whole(const pb::Event& record);
bool is_whole(const pb::Endpoint& record);
bool is_whole(const pb::Block& record);
bool is_whole(const pb::Chain& record);
bool is_whole(const pb::SignerState& record);
bool is_whole(const pb::IdempotencyRecord& record);
bool is_whole(const pb::Reply& record);

/// Error: Corrupt `corrupt_record`. A kind of record that is not named above has no such fields.
template <typename Record>
Result<Record> parse_record(std::string_view raw) {
  Record record;
  if (!record.ParseFromArray(raw.data(), static_cast<int>(raw.size()))) {
    return fail(Errc::Corrupt, "corrupt_record", "a stored record does not parse");
  }
  if constexpr (requires { is_whole(record); }) {
    if (!is_whole(record)) {
      return fail(Errc::Corrupt, "corrupt_record",
                  "a stored record has a field that no book writes");
    }
  }
  return record;
}

}  // namespace settled::ledger
