#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "ledger/backup.hpp"
#include "ledger/proof/checkpoint.hpp"
#include "ledger/store/store.hpp"
#include "ledger/witness.hpp"

/// What is known of the books outside of them, in the checkpoint directory, for those who prove,
/// restore or repair them.
namespace settled::daemon::process {

/// Signed notes, their signatures proven, by the command that they are of.
struct Proven {
  std::string note;
  proof::Checkpoint checkpoint;
};
using Notes = std::map<std::uint64_t, Proven>;

/// Who signed: the key of `file`, or an error at the first note where there is none. A key is never
/// made here. Errors: Unavailable `checkpoint_key_unreadable`, and those of proof::open_key_file.
Result<proof::VerifierKey> checkpoint_key(const std::filesystem::path& file,
                                          const std::string& name);

/// The key is asked for only where there is a note.
using Key = std::function<Result<proof::VerifierKey>()>;
Key key_of(const config::Settings& settings);

/// Of the directory's newest file, which is only read: the daemon may be adding to it. Errors:
/// Corrupt `checkpoint_forged`, `checkpoint_unreadable`; those of `key`.
Result<Notes> notes_outside(const std::filesystem::path& directory, const Key& key);
/// Of the store. Errors: as above, and those of the reader.
Result<Notes> notes_inside(const ledger::store::Reader& reader, const Key& key);

/// Whether the next checkpoint begins a new record with a key of its own (`start_anew`): until it
/// is made, the store's notes are of a key that may be gone.
bool begins_anew(const std::filesystem::path& directory);

std::vector<proof::Checkpoint> checkpoints_of(const Notes& notes);

/// What was acknowledged, as far as the directory knows.
struct Outside {
  Notes notes;
  std::optional<ledger::TailMark> tail;
  /// The last command that is known of; 0: none.
  std::uint64_t last() const;
  /// True if `backup` ends with the last command that is known to have been acknowledged.
  bool ends_with(const ledger::Manifest& backup) const;
};
/// REQUIRES: no daemon uses the directory. Errors: those of ledger::Witness and `notes_outside`.
Result<Outside> look_outside(const std::filesystem::path& directory, const Key& key);

/// What can be known without a key: the tail, which is not signed. REQUIRES and errors as above.
Result<Outside> look_at_tail(const std::filesystem::path& directory);

/// Keeps what is in the directory aside there, and lets the daemon begin a new record of
/// checkpoints with a new key. Errors: those of store/files.hpp.
Status start_anew(const std::filesystem::path& directory, const ledger::Manifest& manifest);

/// Makes the directory that of `books`, which are proven and about to be put in their place: what
/// is in it stays where it tells the same; else it is kept aside in `set-aside-...` there and the
/// notes up to the books' end begin anew. Errors: Corrupt `checkpoint_contradicts` where the tail
/// saw another command; those of ledger::Witness and of store/files.hpp.
Status take_over(const std::filesystem::path& directory, const Outside& outside,
                 const ledger::store::Reader& books, const ledger::Manifest& manifest,
                 const Key& key);

}  // namespace settled::daemon::process
