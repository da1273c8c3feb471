#include "ledger/witness.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/store/descriptor.hpp"
#include "ledger/store/directory.hpp"
#include "ledger/types/crypto.hpp"

namespace settled::ledger {
namespace {

namespace fs = std::filesystem;

using store::Descriptor;

constexpr std::string_view kMagic = "stltail1";
constexpr std::size_t kSlotBytes = 64;
/// Slots lie in pages of their own: a write that is torn by a loss of power spoils one of them.
constexpr std::size_t kSlotDistance = 4096;
constexpr std::size_t kRotateAt = std::size_t{1} << 20U;
constexpr std::size_t kLargest = std::size_t{4} << 20U;
constexpr std::string_view kSignatureLine = "\n\n\u2014 ";

std::unexpected<Error> failed(const fs::path& path, const char* what) {
  return fail(Errc::Unavailable, "checkpoint_directory_failed",
              path.string() + ": " + what + ": " + std::generic_category().message(errno));
}

std::unexpected<Error> unreadable(const fs::path& path, const std::string& what) {
  return fail(Errc::Corrupt, "checkpoint_unreadable",
              path.string() + " " + what +
                  ". Restore it from a copy; or, if you know why it is so, move it away as "
                  "evidence and make an empty file `start-anew` beside it");
}

/// Nothing where there is no such file.
Result<std::optional<std::string>> read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.ok() && errno == ENOENT) return std::nullopt;
  struct stat status{};
  if (!file.ok() || ::fstat(file.get(), &status) != 0) return failed(path, "cannot be read");
  if (!S_ISREG(status.st_mode)) return unreadable(path, "is not a file");
  if (static_cast<std::size_t>(status.st_size) > kLargest) {
    return unreadable(path, "is larger than this program lets it become");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = ::read(file.get(), text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return failed(path, "cannot be read");
    done += static_cast<std::size_t>(size);
  }
  return text;
}

}  // namespace

std::string encode_tail(const TailMark& mark) {
  std::string out(kMagic);
  keys::append_u64(out, mark.sequence);
  out.append(mark.hash.raw());
  out.append(sha256(as_bytes(out)).raw().substr(0, kSlotBytes - out.size()));
  return out;
}

std::optional<TailMark> decode_tail(std::string_view slot) {
  if (slot.size() != kSlotBytes || !slot.starts_with(kMagic)) return std::nullopt;
  TailMark mark;
  mark.sequence = keys::read_u64(slot, kMagic.size());
  mark.hash =
      fixed_from<Hash256>(slot.substr(kMagic.size() + sizeof mark.sequence, Hash256::kSize));
  if (encode_tail(mark) != slot) return std::nullopt;
  return mark;
}

NoteList split_notes(std::string_view text) {
  NoteList out;
  while (true) {
    const std::size_t signature = text.find(kSignatureLine, out.whole);
    if (signature == std::string_view::npos) return out;
    const std::size_t end = text.find('\n', signature + kSignatureLine.size());
    if (end == std::string_view::npos) return out;
    out.notes.emplace_back(text.substr(out.whole, end + 1 - out.whole));
    out.whole = end + 1;
  }
}

Result<Witness> Witness::open(const fs::path& directory) {
  TRY_OK(store::create_private_directory(directory));
  Witness witness(directory);
  TRY_OK(witness.read_notes());
  TRY_OK(witness.read_tail());
  return witness;
}

Witness::Witness(Witness&& other) noexcept
    : directory_(std::move(other.directory_)),
      notes_(std::move(other.notes_)),
      tail_(other.tail_),
      last_note_(std::move(other.last_note_)),
      bytes_(other.bytes_),
      tail_file_(std::exchange(other.tail_file_, -1)),
      second_slot_(other.second_slot_) {}

Witness::~Witness() {
  if (tail_file_ >= 0) ::close(tail_file_);
}

bool Witness::may_start_anew() const {
  std::error_code error;
  return notes_.empty() && fs::exists(directory_ / "start-anew", error);
}

Status Witness::started_anew() {
  std::error_code error;
  if (fs::remove(directory_ / "start-anew", error)) return sync_directory();
  return error ? failed(directory_ / "start-anew", "cannot be removed") : Status{};
}

Status Witness::read_notes() {
  const fs::path path = directory_ / "checkpoints";
  TRY(const auto text, read_file(path));
  if (!text) return {};
  NoteList list = split_notes(*text);
  if (list.notes.empty()) return unreadable(path, "holds no whole checkpoint");
  if (list.whole != text->size()) {
    const Descriptor file(path, O_WRONLY);
    if (!file.ok() || ::ftruncate(file.get(), static_cast<off_t>(list.whole)) != 0 ||
        ::fsync(file.get()) != 0) {
      return failed(path, "cannot be cut after its last whole checkpoint");
    }
  }
  bytes_ = list.whole;
  notes_ = std::move(list.notes);
  last_note_ = notes_.back();
  return {};
}

Status Witness::read_tail() {
  const fs::path path = directory_ / "tail";
  TRY(const auto text, read_file(path));
  if (!text) return {};
  const auto slot = [&](std::size_t at) {
    return text->size() < at + kSlotBytes
               ? std::nullopt
               : decode_tail(std::string_view(*text).substr(at, kSlotBytes));
  };
  const auto first = slot(0);
  const auto second = slot(kSlotDistance);
  if (!first && !second) return unreadable(path, "has no readable slot");
  const bool second_is_newer = second && (!first || second->sequence > first->sequence);
  tail_ = second_is_newer ? second : first;
  second_slot_ = !second_is_newer;
  return {};
}

Status Witness::sync_directory() const {
  const Descriptor directory(directory_, O_RDONLY | O_DIRECTORY);
  if (!directory.ok() || ::fsync(directory.get()) != 0)
    return failed(directory_, "cannot be synced");
  return {};
}

/// Beside and renamed, so that nobody ever finds half of it.
Status Witness::replace(const fs::path& file, std::string_view bytes) const {
  const fs::path draft = file.string() + ".new";
  {
    const Descriptor out(draft, O_WRONLY | O_CREAT | O_TRUNC);
    if (!out.ok() || !write_all(out, bytes) || ::fsync(out.get()) != 0) {
      return failed(draft, "cannot be written");
    }
  }
  if (::rename(draft.c_str(), file.c_str()) != 0) return failed(file, "cannot be written");
  return sync_directory();
}

Status Witness::begin(const TailMark& mark) {
  const fs::path path = directory_ / "tail";
  if (!tail_) {
    std::string slots(kSlotDistance * 2, '\0');
    slots.replace(0, kSlotBytes, encode_tail(mark));
    TRY_OK(replace(path, slots));
    tail_ = mark;
    second_slot_ = true;
  }
  tail_file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (tail_file_ < 0) return failed(path, "cannot be opened");
  return {};
}

Status Witness::mark(const TailMark& mark) {
  const std::string slot = encode_tail(mark);
  const off_t at = second_slot_ ? static_cast<off_t>(kSlotDistance) : 0;
  if (::pwrite(tail_file_, slot.data(), slot.size(), at) != static_cast<ssize_t>(slot.size())) {
    return fail(Errc::Unavailable, "witness_write_failed",
                (directory_ / "tail").string() +
                    " cannot be written: " + std::generic_category().message(errno));
  }
  second_slot_ = !second_slot_;
  return {};
}

Status Witness::append(const std::string& note, std::uint64_t sequence) {
  const fs::path path = directory_ / "checkpoints";
  if (bytes_ == 0 || bytes_ > kRotateAt) {
    const std::string first = bytes_ == 0 ? note : last_note_;
    if (bytes_ != 0) {
      const fs::path aside = path.string() + "." + std::to_string(sequence);
      if (::link(path.c_str(), aside.c_str()) != 0 && errno != EEXIST) {
        return failed(aside, "cannot be made");
      }
    }
    TRY_OK(replace(path, first));
    const bool begun = bytes_ == 0;
    bytes_ = first.size();
    last_note_ = first;
    if (begun) return {};
  }
  const Descriptor file(path, O_WRONLY | O_APPEND);
  // An append that failed halfway is cut off, or the next note would stand in its middle.
  if (!file.ok() || ::ftruncate(file.get(), static_cast<off_t>(bytes_)) != 0 ||
      !write_all(file, note) || ::fsync(file.get()) != 0) {
    return failed(path, "cannot be written");
  }
  bytes_ += note.size();
  last_note_ = note;
  return {};
}

}  // namespace settled::ledger
