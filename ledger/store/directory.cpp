#include "ledger/store/directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "ledger/store/descriptor.hpp"

namespace settled::ledger::store {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> open_failed(const fs::path& path, const char* what, int error) {
  return fail(Errc::Unavailable, "store_open_failed",
              path.string() + ": " + what + ": " + std::system_category().message(error));
}

Status create_durably(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return {};
  const fs::path parent = directory.parent_path();
  TRY_OK(create_durably(parent));
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return open_failed(directory, "cannot create the directory", errno);
  }
  const Descriptor entry(parent, O_RDONLY | O_DIRECTORY);
  if (!entry.ok() || ::fsync(entry.get()) != 0) return open_failed(parent, "cannot sync", errno);
  return {};
}

}  // namespace

Status create_private_directory(const fs::path& directory) {
  std::error_code error;
  fs::path absolute = fs::absolute(directory, error).lexically_normal();
  if (error) return open_failed(directory, "cannot resolve the path", error.value());
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  TRY_OK(create_durably(absolute));
  if (::chmod(absolute.c_str(), S_IRWXU) != 0) {
    return open_failed(absolute, "cannot take other users' rights away", errno);
  }
  return {};
}

Result<DirectoryLock> DirectoryLock::take(const fs::path& directory) {
  Descriptor descriptor(directory, O_RDONLY | O_DIRECTORY);
  if (!descriptor.ok()) return open_failed(directory, "cannot open the directory", errno);
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return open_failed(directory, "cannot lock the directory", errno);
    return fail(Errc::Conflict, "store_locked",
                directory.string() + " is in use by another process; only one may have it open");
  }
  return DirectoryLock(descriptor.release());
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status DirectoryLock::sync() const {
  if (::fsync(descriptor_) == 0) return {};
  return fail(Errc::Unavailable, "store_open_failed",
              "cannot sync the store directory: " + std::system_category().message(errno));
}

std::optional<pid_t> lock_owner(const fs::path& file) {
  const Descriptor descriptor(file, O_RDWR);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (!descriptor.ok() || ::fcntl(descriptor.get(), F_GETLK, &lock) != 0) return std::nullopt;
  if (lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace settled::ledger::store
