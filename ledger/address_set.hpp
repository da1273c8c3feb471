#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ledger/types/bytes.hpp"

namespace settled::ledger {

/// A set of 20-byte addresses that only grows: exact, constant time, 27 to 40 bytes an address
/// where there are many, never more than 41 while it grows. Made for ten millions of deposit
/// addresses. Not thread-safe.
class AddressSet {
 public:
  using Address = FixedBytes<20, struct AddressOfSet>;

  void insert(const Address& address);
  bool contains(const Address& address) const;
  std::size_t size() const { return size_; }
  /// What it has of memory, free slots included.
  std::size_t bytes() const;

 private:
  /// An open-addressed table of its own, so that only a small part of all is copied when it grows.
  struct Shard {
    std::vector<Address> slots;  // all zeros: free
    std::size_t taken = 0;

    void insert(const Address& address, std::uint64_t hash);
    void grow();
  };
  static constexpr std::size_t kShards = 256;

  std::array<Shard, kShards> shards_;
  bool zero_ = false;  // the address of zeros cannot be told from a free slot
  std::size_t size_ = 0;
};

}  // namespace settled::ledger
