#include "ledger/receipt_proof.hpp"

#include <algorithm>

#include "ledger/commands.pb.h"
#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

std::unexpected<Error> not_there(const pb::Transfer& transfer) {
  return fail(Errc::Corrupt, "corrupt_log",
              "command " + std::to_string(transfer.proven_by()) +
                  " does not hold the proof of the transfer that names it");
}

/// Of the transfer itself, or of the nearest one before it in the block that has any.
const std::string* proof_in(const pb::ObservedBlock& block, const pb::Transfer& transfer) {
  const std::string* nearest = nullptr;
  for (const pb::ObservedTransfer& each : block.transfers()) {
    if (!each.receipt_proof().empty()) nearest = &each.receipt_proof();
    const bool same =
        each.tx_hash() == transfer.tx_hash() && each.log_index() == transfer.log_index();
    if (same) return each.has_log_in_receipt() ? nearest : nullptr;
  }
  return nullptr;
}

}  // namespace

Result<std::optional<std::string>> stored_receipt_proof(const store::Reader& reader,
                                                        LogLayout layout,
                                                        const pb::Transfer& transfer) {
  if (transfer.proven_by() == 0) return std::optional<std::string>{};
  TRY(const auto raw, reader.get(keys::log(transfer.proven_by())));
  if (!raw) return not_there(transfer);
  TRY(const LogRecord record, LogRecord::parse(*raw, layout.is_format_1(transfer.proven_by())));
  pb::Envelope envelope;
  if (!envelope.ParseFromString(record.envelope)) return not_there(transfer);
  const pb::Command& command = envelope.command();
  const auto& blocks = command.has_book_missed_payments() ? command.book_missed_payments().blocks()
                                                          : command.observe_blocks().blocks();
  const auto block = std::ranges::find(blocks, transfer.block_hash(),
                                       [](const pb::ObservedBlock& each) { return each.hash(); });
  if (block == blocks.end()) return not_there(transfer);
  const std::string* proof = proof_in(*block, transfer);
  if (proof == nullptr) return not_there(transfer);
  return std::optional(*proof);
}

}  // namespace settled::ledger
