#include "ledger/proof/key_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <openssl/crypto.h>

namespace settled::proof {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  bool ok() const { return value_ >= 0; }
  int get() const { return value_; }

 private:
  int value_;
};

std::unexpected<Error> unreadable(const fs::path& path, const char* what) {
  return fail(Errc::Unavailable, "checkpoint_key_unreadable",
              path.string() + ": " + what + ": " + std::generic_category().message(errno));
}

/// No value: there is no such file.
Result<std::optional<SigningKey>> read(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok() && errno == ENOENT) return std::nullopt;
  struct stat status{};
  if (!file.ok() || ::fstat(file.get(), &status) != 0) return unreadable(path, "cannot be read");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Errc::Rejected, "checkpoint_key_exposed",
                path.string() + " may be read by others: chmod 600 it, and think about a new key");
  }
  std::array<char, 512> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0) return unreadable(path, "cannot be read");
  std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto key = SigningKey::parse(text);
  OPENSSL_cleanse(buffer.data(), buffer.size());
  if (!key)
    return fail(key.error().code, key.error().reason, path.string() + ": " + key.error().detail);
  return std::optional<SigningKey>(*std::move(key));
}

Status write(const fs::path& path, const SigningKey& key) {
  std::string text = key.secret_text() + "\n";
  // Beside and renamed: a process that dies here must not leave half a key.
  const fs::path draft = path.string() + ".new";
  if (::unlink(draft.c_str()) != 0 && errno != ENOENT)
    return unreadable(draft, "cannot be removed");
  {
    const Descriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    const bool written =
        file.ok() &&
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file.get()) == 0;
    OPENSSL_cleanse(text.data(), text.size());
    if (!written) return unreadable(draft, "cannot be written");
  }
  // link, not rename: it never replaces a key that somebody else made meanwhile.
  if (::link(draft.c_str(), path.c_str()) != 0) return unreadable(path, "cannot be written");
  if (::unlink(draft.c_str()) != 0) return unreadable(draft, "cannot be removed");
  const Descriptor directory(
      ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) {
    return unreadable(path.parent_path(), "cannot be synced");
  }
  return {};
}

}  // namespace

Result<SigningKey> open_key_file(const fs::path& path, const std::string& name, Random& random) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  TRY(auto known, read(absolute));
  if (known) return *std::move(known);
  SigningKey made = SigningKey::generate(name, random);
  TRY_OK(write(absolute, made));
  return made;
}

}  // namespace settled::proof
