#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::ledger {

/// How far the log had come: what the tail file holds.
struct TailMark {
  std::uint64_t sequence = 0;
  Hash256 hash;
  bool operator==(const TailMark&) const = default;
};

/// One slot of the tail file: magic, number, hash and a checksum, 64 bytes. Pure.
std::string encode_tail(const TailMark& mark);
/// Nothing where the bytes are no such slot.
std::optional<TailMark> decode_tail(std::string_view slot);

/// Takes the text of a `checkpoints` file apart into signed notes. Nothing of a note is checked but
/// where it ends.
struct NoteList {
  std::vector<std::string> notes;
  std::size_t whole = 0;  ///< bytes of the notes; what follows is a torn last write
};
NoteList split_notes(std::string_view text);

/// The second directory, which watches the store from outside: a file `checkpoints` of signed
/// notes, oldest first, and a file `tail` of two slots that are written in turn. One process has it
/// at a time, the one that has the store. Not thread-safe, but `mark` and the rest may be called
/// beside one another.
class Witness {
 public:
  /// Creates the directory where it is missing (0700) and reads what is in it. A torn last note is
  /// cut off. Errors: Corrupt `checkpoint_unreadable`, Unavailable `checkpoint_directory_failed`.
  static Result<Witness> open(const std::filesystem::path& directory);

  Witness(Witness&& other) noexcept;
  Witness& operator=(Witness&&) = delete;
  ~Witness();

  const std::filesystem::path& directory() const { return directory_; }
  /// As read by `open`.
  const std::vector<std::string>& notes() const { return notes_; }
  const std::optional<TailMark>& tail() const { return tail_; }
  /// Whether the operator asked for a new beginning: a file `start-anew`, and no `checkpoints`.
  bool may_start_anew() const;
  /// Removes that file, durably, once the new beginning is made.
  Status started_anew();

  /// Makes the files that are missing, durably. Before the first `mark`.
  Status begin(const TailMark& mark);
  /// Writes the next slot; durable some time later. Error: Unavailable `witness_write_failed`.
  Status mark(const TailMark& mark);
  /// Adds a signed note, durably. A file of 1 MiB is put aside as `checkpoints.<sequence>` first
  /// and its last note begins the new one. `sequence`: of the note. Errors: Unavailable
  /// `checkpoint_directory_failed`.
  Status append(const std::string& note, std::uint64_t sequence);

 private:
  explicit Witness(std::filesystem::path directory) : directory_(std::move(directory)) {}
  Status read_notes();
  Status read_tail();
  Status replace(const std::filesystem::path& file, std::string_view bytes) const;
  Status sync_directory() const;

  std::filesystem::path directory_;
  std::vector<std::string> notes_;
  std::optional<TailMark> tail_;
  std::string last_note_;
  std::size_t bytes_ = 0;  // of whole notes in `checkpoints`
  int tail_file_ = -1;
  bool second_slot_ = false;
};

}  // namespace settled::ledger
