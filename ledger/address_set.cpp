#include "ledger/address_set.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace settled::ledger {
namespace {

using Address = AddressSet::Address;

constexpr std::size_t kFirstSlots = 8;

/// Derived addresses are hashes already, settings and tests hold others: all bytes count, and each
/// bit of them in every bit of the hash (the finish of MurmurHash3, public domain, A. Appleby).
std::uint64_t hash_of(const Address& address) {
  std::uint64_t low = 0;
  std::uint64_t middle = 0;
  std::uint32_t high = 0;
  std::memcpy(&low, address.bytes.data() + 12, sizeof low);
  std::memcpy(&middle, address.bytes.data() + 4, sizeof middle);
  std::memcpy(&high, address.bytes.data(), sizeof high);
  std::uint64_t hash = low ^ (middle * 0x9E3779B97F4A7C15ULL) ^ (high * 0xC2B2AE3D27D4EB4FULL);
  hash = (hash ^ (hash >> 33U)) * 0xFF51AFD7ED558CCDULL;
  hash = (hash ^ (hash >> 33U)) * 0xC4CEB9FE1A85EC53ULL;
  return hash ^ (hash >> 33U);
}

/// The upper half of the hash as a place among so many: slots need not be a power of two.
std::size_t place(std::uint64_t hash, std::size_t slots) {
  return static_cast<std::size_t>(((hash >> 32U) * slots) >> 32U);
}

/// The slot that holds the address, or the free one where it would be.
std::size_t slot_of(const std::vector<Address>& slots, const Address& address, std::uint64_t hash) {
  std::size_t at = place(hash, slots.size());
  while (!slots[at].is_zero() && slots[at] != address) at = at + 1 == slots.size() ? 0 : at + 1;
  return at;
}

}  // namespace

void AddressSet::insert(const Address& address) {
  if (contains(address)) return;
  ++size_;
  if (address.is_zero()) {
    zero_ = true;
    return;
  }
  const std::uint64_t hash = hash_of(address);
  shards_[hash % kShards].insert(address, hash);
}

bool AddressSet::contains(const Address& address) const {
  if (address.is_zero()) return zero_;
  const std::uint64_t hash = hash_of(address);
  const Shard& shard = shards_[hash % kShards];
  return !shard.slots.empty() && !shard.slots[slot_of(shard.slots, address, hash)].is_zero();
}

std::size_t AddressSet::bytes() const {
  std::size_t slots = 0;
  for (const Shard& shard : shards_) slots += shard.slots.capacity();
  return sizeof *this + slots * sizeof(Address);
}

void AddressSet::Shard::insert(const Address& address, std::uint64_t hash) {
  if ((taken + 1) * 4 > slots.size() * 3) grow();  // at most three quarters taken
  slots[slot_of(slots, address, hash)] = address;
  ++taken;
}

void AddressSet::Shard::grow() {
  const std::vector<Address> before =
      std::exchange(slots, std::vector<Address>(std::max(kFirstSlots, slots.size() * 3 / 2)));
  for (const Address& address : before) {
    if (!address.is_zero()) slots[slot_of(slots, address, hash_of(address))] = address;
  }
}

}  // namespace settled::ledger
