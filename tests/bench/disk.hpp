#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace settled::bench {

/// What the disk takes for the least that a durable commit can be: 1 KiB appended to a file and
/// fdatasync, as LevelDB's log does it.
class Disk {
 public:
  /// Throws std::system_error where the file cannot be made.
  explicit Disk(const std::filesystem::path& folder);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk();

  /// Times so many of them. Called between the other measurements, since disks change their mood.
  void sample(std::size_t count);
  const std::vector<double>& microseconds() const { return microseconds_; }

 private:
  int file_ = -1;
  std::vector<double> microseconds_;
};

}  // namespace settled::bench
