#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/checkpoints.hpp"
#include "ledger/log.hpp"
#include "ledger/proof/checkpoint.hpp"
#include "ledger/store/store.hpp"

namespace settled::ledger {

/// A neighbour on the way to a root, and the side on which it stands. How many entries a command
/// has is nobody's business, and this way a receipt does not claim it.
struct PathStep {
  bool left = false;
  Hash256 hash;
};

/// All that it takes to believe that an entry was committed, without the books: its bytes, the way
/// from them to the root over its command's entries, that command's leaf, the way from there to a
/// checkpoint's root, and the signed checkpoint. Of other entries and commands it
/// shows hashes.
struct EntryProof {
  std::string entry;                 ///< as stored
  std::vector<PathStep> entry_path;  ///< from the entry upwards
  Leaf leaf;
  std::vector<Hash256> leaf_path;
  std::string checkpoint;  ///< signed note
};

/// The command that logged an entry. Errors: NotFound `not_found`; Conflict `entry_not_provable`
/// where it is of format 1, whose records say nothing of entries; Corrupt `log_record_edited` where
/// log and entries do not agree; Unavailable `entry_not_located` after 100,000 commands of one
/// millisecond.
Result<std::uint64_t> command_of_entry(const store::Reader& reader, LogLayout layout,
                                       std::string_view id);

/// Proves the entry against a checkpoint at or after its command. Errors as above, and Corrupt
/// where books, log and checkpoint do not agree: nothing is handed out that does not verify.
Result<EntryProof> prove_entry(const store::Reader& reader, LogLayout layout, std::string_view id,
                               const SignedCheckpoint& by, const proof::VerifierKey& key);

struct ProvenEntry {
  pb::Entry entry;
  proof::Checkpoint checkpoint;
};
/// Pure: needs nothing but the proof and the key that is trusted. Errors: Rejected `unknown_key`,
/// `bad_signature`, `not_proven`; Invalid `invalid_note`, `invalid_checkpoint`, `invalid_receipt`.
Result<ProvenEntry> verify_entry(const EntryProof& proof, const proof::VerifierKey& key);

}  // namespace settled::ledger
