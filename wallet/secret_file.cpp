#include "wallet/secret_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace settled::wallet {
namespace {

constexpr std::size_t kMaxSize = 64U << 10U;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  /// False where the operating system reports a late write error.
  bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

std::unexpected<Error> failed(Errc code, std::string reason, const std::filesystem::path& path,
                              int error) {
  return fail(code, std::move(reason), path.string() + ": " + std::strerror(error));
}

bool write_all(int descriptor, BytesView content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

bool sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file.is_open() && ::fsync(file.descriptor()) == 0;
}

}  // namespace

Result<SecretFile> read_secret_file(const std::filesystem::path& path) {
  // Not blocking, so that a pipe in the file's place is refused and not waited for.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    return errno == ENOENT ? failed(Errc::NotFound, "secret_file_missing", path, errno)
                           : failed(Errc::Invalid, "secret_file_unreadable", path, errno);
  }
  struct stat info{};
  if (::fstat(file.descriptor(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(Errc::Invalid, "secret_file_unreadable", path.string() + ": not a regular file");
  }
  Secret buffer(kMaxSize + 1);
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got =
        ::read(file.descriptor(), buffer.writable().data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(Errc::Invalid, "secret_file_unreadable", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxSize) {
    return fail(Errc::Invalid, "secret_file_too_large", path.string() + ": more than 64 KiB");
  }
  std::string_view text = buffer.text().substr(0, size);
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
  }
  return SecretFile{.content = Secret::copy_of(text),
                    .readable_by_others = (info.st_mode & (S_IRGRP | S_IROTH)) != 0};
}

Status write_secret_file(const std::filesystem::path& path, BytesView content) {
  File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) {
    return errno == EEXIST ? failed(Errc::Conflict, "file_exists", path, errno)
                           : failed(Errc::Unavailable, "file_not_written", path, errno);
  }
  if (!write_all(file.descriptor(), content) || !file.close() || !sync_folder_of(path)) {
    const int error = errno;
    ::unlink(path.c_str());
    return failed(Errc::Unavailable, "file_not_written", path, error);
  }
  return {};
}

}  // namespace settled::wallet
