#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace settled::daemon::api {

/// Token buckets by name. Each holds twice what flows in within a second, so that a burst after a
/// pause is let through. Pure but for its memory, which is bounded: names beyond the limit share
/// one bucket until others have filled up and are forgotten.
class RateLimit {
 public:
  /// `per_second` 0: everything is let through.
  RateLimit(std::uint32_t per_second, std::size_t max_names)
      : per_second_(per_second), max_names_(max_names) {}

  /// Takes one token; false where there is none. `now_ms` is of a clock that never steps back.
  bool take(const std::string& name, std::int64_t now_ms);

 private:
  struct Bucket {
    std::int64_t thousandths = 0;  ///< of a token
    std::int64_t since_ms = 0;
  };
  std::int64_t most() const { return std::int64_t{2'000} * per_second_; }
  std::int64_t filled(const Bucket& bucket, std::int64_t now_ms) const;
  Bucket& bucket_of(const std::string& name, std::int64_t now_ms);

  std::uint32_t per_second_;
  std::size_t max_names_;
  std::unordered_map<std::string, Bucket> buckets_;
  Bucket shared_;
  std::int64_t cleaned_ms_ = 0;
};

}  // namespace settled::daemon::api
