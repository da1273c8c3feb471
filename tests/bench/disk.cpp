#include "tests/bench/disk.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include "tests/bench/figures.hpp"

namespace settled::bench {
namespace {

constexpr std::size_t kBytes = 1'024;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Disk::Disk(const std::filesystem::path& folder)
    : file_(::open((folder / "fsync").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw_errno("open");
}

Disk::~Disk() {
  ::close(file_);
}

void Disk::sample(std::size_t count) {
  const std::string bytes(kBytes, 'x');
  for (std::size_t i = 0; i < count; ++i) {
    const SteadyTime begin = std::chrono::steady_clock::now();
    if (::write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw_errno("write");
    }
    if (::fdatasync(file_) != 0) throw_errno("fdatasync");
    microseconds_.push_back(microseconds_since(begin));
  }
}

}  // namespace settled::bench
