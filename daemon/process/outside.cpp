#include "daemon/process/outside.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "daemon/process/checkpoint_key.hpp"
#include "ledger/checkpoints.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/proof/key_file.hpp"
#include "ledger/store/files.hpp"
#include "ledger/types/crypto.hpp"

namespace settled::daemon::process {
namespace {

namespace fs = std::filesystem;

/// More than the directory lets its file become.
constexpr std::size_t kLargestFile = std::size_t{8} << 20U;

Status add_note(Notes& notes, std::string note, const Key& key, const std::string& where) {
  TRY(const proof::VerifierKey verifier, key());
  auto checkpoint = proof::Checkpoint::open(note, verifier);
  if (!checkpoint) {
    const bool forged = checkpoint.error().code == Errc::Rejected;
    return fail(Errc::Corrupt, forged ? "checkpoint_forged" : "checkpoint_unreadable",
                "a checkpoint in " + where + ": " + checkpoint.error().detail +
                    (forged ? "; is checkpoint_key_file the one of these books?" : ""));
  }
  const std::uint64_t sequence = checkpoint->sequence;
  notes.emplace(sequence, Proven{std::move(note), *std::move(checkpoint)});
  return {};
}

bool is_of_witness(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "tail" || name == "checkpoints" || name.starts_with("checkpoints.");
}

Status set_aside(const fs::path& directory, std::uint64_t sequence) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    if (is_of_witness(entry.path())) files.push_back(entry.path());
  }
  if (files.empty()) return {};
  const std::string name = "set-aside-at-" + std::to_string(sequence);
  fs::path aside = directory / name;
  for (int number = 2; fs::exists(aside, error); ++number) {
    aside = directory / (name + "-" + std::to_string(number));
  }
  TRY_OK(ledger::store::create_private_directory(aside));
  for (const fs::path& file : files) {
    TRY_OK(ledger::store::rename_durably(file, aside / file.filename()));
  }
  return {};
}

/// The tail holds one command that was acknowledged, with its hash.
Status compare_tail(const ledger::store::Reader& books, const ledger::TailMark& tail) {
  TRY(const auto layout, ledger::read_layout(books));
  TRY(const auto stored, books.get(ledger::keys::log(tail.sequence)));
  if (stored) {
    TRY(const auto record, ledger::LogRecord::parse(*stored, layout.is_format_1(tail.sequence)));
    if (record.hash == tail.hash) return {};
  }
  return fail(Errc::Corrupt, "checkpoint_contradicts",
              "command " + std::to_string(tail.sequence) +
                  " is not the one that the tail file of the checkpoint directory saw");
}

}  // namespace

Result<proof::VerifierKey> checkpoint_key(const fs::path& file, const std::string& name) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    return fail(Errc::Unavailable, "checkpoint_key_unreadable",
                file.string() +
                    " is not there; it tells whether checkpoints are genuine. Bring it "
                    "back from where it is kept; if it is lost, see "
                    "`settled restore --new-checkpoints`");
  }
  SystemRandom random;  // of no use where the file is there
  TRY(const proof::SigningKey key, proof::open_key_file(file, name, random));
  return key.verifier();
}

Key key_of(const config::Settings& settings) {
  return [file = settings.ledger.checkpoint_key_file,
          name = book_name(settings.daemon.public_url)] { return checkpoint_key(file, name); };
}

Result<Notes> notes_outside(const fs::path& directory, const Key& key) {
  const fs::path file = directory / "checkpoints";
  const auto text = ledger::store::read_file(file, kLargestFile);
  if (!text && text.error().reason == "no_file") return Notes{};
  if (!text) return std::unexpected(text.error());
  Notes notes;
  for (std::string& note : ledger::split_notes(*text).notes) {
    TRY_OK(add_note(notes, std::move(note), key, file.string()));
  }
  return notes;
}

Result<Notes> notes_inside(const ledger::store::Reader& reader, const Key& key) {
  constexpr std::size_t kPage = 1'000;
  Notes notes;
  for (std::uint64_t below = 0;;) {
    TRY(std::vector<std::string> page, ledger::stored_checkpoints(reader, below, kPage));
    const bool last = page.size() < kPage;
    for (std::string& note : page) {
      TRY_OK(add_note(notes, std::move(note), key, "the store"));
    }
    if (last || notes.begin()->first == below) return notes;
    below = notes.begin()->first;
  }
}

bool begins_anew(const fs::path& directory) {
  std::error_code error;
  return fs::exists(directory / "start-anew", error) &&
         !fs::exists(directory / "checkpoints", error);
}

std::vector<proof::Checkpoint> checkpoints_of(const Notes& notes) {
  std::vector<proof::Checkpoint> out;
  out.reserve(notes.size());
  for (const auto& [sequence, proven] : notes) out.push_back(proven.checkpoint);
  return out;
}

std::uint64_t Outside::last() const {
  return std::max(notes.empty() ? 0 : notes.rbegin()->first, tail ? tail->sequence : 0);
}

bool Outside::ends_with(const ledger::Manifest& backup) const {
  return tail && last() == backup.sequence && tail->sequence == backup.sequence &&
         tail->hash == backup.hash;
}

Result<Outside> look_outside(const fs::path& directory, const Key& key) {
  std::error_code error;
  if (!fs::exists(directory, error)) return Outside{};
  TRY(const ledger::Witness witness, ledger::Witness::open(directory));
  Outside out;
  out.tail = witness.tail();
  for (const std::string& note : witness.notes()) {
    TRY_OK(add_note(out.notes, note, key, directory.string()));
  }
  return out;
}

Result<Outside> look_at_tail(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) return Outside{};
  TRY(const ledger::Witness witness, ledger::Witness::open(directory));
  return Outside{{}, witness.tail()};
}

Status start_anew(const fs::path& directory, const ledger::Manifest& manifest) {
  TRY_OK(ledger::store::create_private_directory(directory));
  TRY_OK(set_aside(directory, manifest.sequence));
  return ledger::store::write_file(directory / "start-anew", "");
}

Status take_over(const fs::path& directory, const Outside& outside,
                 const ledger::store::Reader& books, const ledger::Manifest& manifest,
                 const Key& key) {
  if (outside.tail && outside.tail->sequence > 0 && outside.tail->sequence <= manifest.sequence) {
    TRY_OK(compare_tail(books, *outside.tail));
  }
  TRY(Notes notes, notes_inside(books, key));
  const std::uint64_t newest = notes.empty() ? 0 : notes.rbegin()->first;
  const bool same = outside.tail && outside.last() <= manifest.sequence &&
                    (outside.notes.empty() ? newest == 0 : outside.notes.rbegin()->first >= newest);
  if (same) return {};
  for (const auto& [sequence, proven] : outside.notes) {
    if (sequence <= manifest.sequence) notes.emplace(sequence, proven);
  }
  TRY_OK(ledger::store::create_private_directory(directory));
  TRY_OK(set_aside(directory, manifest.sequence));
  TRY(ledger::Witness witness, ledger::Witness::open(directory));
  for (const auto& [sequence, proven] : notes) TRY_OK(witness.append(proven.note, sequence));
  return witness.begin({manifest.sequence, manifest.hash});
}

}  // namespace settled::daemon::process
