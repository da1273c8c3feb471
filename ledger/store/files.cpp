#include "ledger/store/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "ledger/store/descriptor.hpp"

namespace settled::ledger::store {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(const fs::path& path, const char* what, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return fail(Errc::Unavailable, full ? "disk_full" : "file_failed",
              path.string() + ": " + what + ": " + std::system_category().message(error));
}

Status sync(const fs::path& path, int flags) {
  const Descriptor file(path, flags);
  if (!file.ok() || ::fsync(file.get()) != 0) return failed(path, "cannot sync", errno);
  return {};
}

Status copy_bytes(const fs::path& from, const fs::path& to) {
  constexpr std::size_t kChunk = std::size_t{1} << 20U;
  const Descriptor in(from, O_RDONLY);
  if (!in.ok()) return failed(from, "cannot open", errno);
  const Descriptor out(to, O_WRONLY | O_CREAT | O_TRUNC);
  if (!out.ok()) return failed(to, "cannot create", errno);
  std::string chunk(kChunk, '\0');
  for (;;) {
    const ssize_t size = ::read(in.get(), chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(from, "cannot read", errno);
    if (size == 0) return {};
    if (!write_all(out, std::string_view(chunk).substr(0, static_cast<std::size_t>(size)))) {
      return failed(to, "cannot write", errno);
    }
  }
}

/// Calls `visit` for every entry below a directory, one level at a time from the top.
template <typename Visit>
Status each_below(const fs::path& directory, Visit visit) {
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    TRY_OK(visit(*entry));
  }
  if (error) return failed(directory, "cannot list", error.value());
  return {};
}

}  // namespace

Status sync_tree(const fs::path& directory) {
  std::vector<fs::path> directories{directory};
  TRY_OK(each_below(directory, [&](const fs::directory_entry& entry) -> Status {
    if (entry.is_directory()) directories.push_back(entry.path());
    if (!entry.is_regular_file()) return {};
    return sync(entry.path(), O_RDONLY);
  }));
  for (auto at = directories.rbegin(); at != directories.rend(); ++at) {
    TRY_OK(sync(*at, O_RDONLY | O_DIRECTORY));
  }
  return {};
}

Status rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(to, "cannot rename to it", errno);
  for (const fs::path& path : {from, to}) {
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    TRY_OK(sync(parent, O_RDONLY | O_DIRECTORY));
  }
  return {};
}

Status remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return failed(path, "cannot remove", error.value());
  return {};
}

Status copy_tree(const fs::path& from, const fs::path& to) {
  const auto create = [](const fs::path& path) -> Status {
    if (::mkdir(path.c_str(), S_IRWXU) != 0) return failed(path, "cannot create", errno);
    return {};
  };
  TRY_OK(create(to));
  return each_below(from, [&](const fs::directory_entry& entry) -> Status {
    const fs::path target = to / entry.path().lexically_relative(from);
    if (entry.is_directory()) return create(target);
    return entry.is_regular_file() ? copy_bytes(entry.path(), target) : Status{};
  });
}

Status write_file(const fs::path& path, std::string_view text) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.ok()) return failed(path, "cannot create", errno);
  if (!write_all(file, text)) return failed(path, "cannot write", errno);
  if (::fsync(file.get()) != 0) return failed(path, "cannot sync", errno);
  return {};
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  const Descriptor file(path, O_RDONLY);
  if (!file.ok() && errno == ENOENT) {
    return fail(Errc::NotFound, "no_file", path.string() + " is not there");
  }
  if (!file.ok()) return failed(path, "cannot open", errno);
  std::string text(limit + 1, '\0');
  std::size_t at = 0;
  for (;;) {
    const ssize_t size = ::read(file.get(), text.data() + at, text.size() - at);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(path, "cannot read", errno);
    if (size == 0) break;
    at += static_cast<std::size_t>(size);
    if (at > limit) {
      return fail(Errc::Corrupt, "file_failed", path.string() + ": it is too long");
    }
  }
  text.resize(at);
  return text;
}

Result<bool> absent_or_empty(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return true;
  if (error) return failed(path, "cannot look at it", error.value());
  if (!fs::is_directory(path, error)) return false;
  const bool empty = fs::is_empty(path, error);
  if (error) return failed(path, "cannot list", error.value());
  return empty;
}

}  // namespace settled::ledger::store
