#include "daemon/api/rate_limit.hpp"

#include <algorithm>

namespace settled::daemon::api {
namespace {

constexpr std::int64_t kToken = 1'000;
/// Looking for full buckets costs a look at all.
constexpr std::int64_t kBetweenCleanings_ms = 1'000;
/// The longest pause that is told from a longer one; keeps the product below within its type.
constexpr std::int64_t kLongest_ms = 10'000;

}  // namespace

std::int64_t RateLimit::filled(const Bucket& bucket, std::int64_t now_ms) const {
  const std::int64_t elapsed = std::clamp<std::int64_t>(now_ms - bucket.since_ms, 0, kLongest_ms);
  return std::min(most(), bucket.thousandths + elapsed * per_second_);
}

RateLimit::Bucket& RateLimit::bucket_of(const std::string& name, std::int64_t now_ms) {
  const auto known = buckets_.find(name);
  if (known != buckets_.end()) return known->second;
  if (buckets_.size() >= max_names_ && now_ms - cleaned_ms_ >= kBetweenCleanings_ms) {
    cleaned_ms_ = now_ms;
    std::erase_if(buckets_,
                  [&](const auto& each) { return filled(each.second, now_ms) == most(); });
  }
  if (buckets_.size() >= max_names_) return shared_;
  return buckets_.emplace(name, Bucket{most(), now_ms}).first->second;
}

bool RateLimit::take(const std::string& name, std::int64_t now_ms) {
  if (per_second_ == 0) return true;
  Bucket& bucket = bucket_of(name, now_ms);
  bucket.thousandths = filled(bucket, now_ms);
  bucket.since_ms = now_ms;
  if (bucket.thousandths < kToken) return false;
  bucket.thousandths -= kToken;
  return true;
}

}  // namespace settled::daemon::api
