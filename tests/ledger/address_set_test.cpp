#include "ledger/address_set.hpp"

#include <random>
#include <set>

#include <catch2/catch.hpp>

namespace settled::ledger {
namespace {

using Address = AddressSet::Address;

Address random_address(std::mt19937_64& random) {
  Address address;
  for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(random());
  return address;
}

TEST_CASE("A set of addresses knows those that were put in and no others") {
  std::mt19937_64 random(7);
  AddressSet addresses;
  std::set<Address> known;
  for (int i = 0; i < 50'000; ++i) {
    const Address address = random_address(random);
    REQUIRE_FALSE(addresses.contains(address));
    addresses.insert(address);
    known.insert(address);
  }
  CHECK(addresses.size() == known.size());
  for (const Address& address : known) {
    REQUIRE(addresses.contains(address));
    Address other = address;  // as like it as can be
    other.bytes[random() % other.bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    REQUIRE(addresses.contains(other) == known.contains(other));
  }
}

TEST_CASE("An address that is put in again is there once") {
  AddressSet addresses;
  Address one;
  one.bytes[19] = 1;
  addresses.insert(one);
  addresses.insert(one);
  CHECK(addresses.size() == 1);
  CHECK(addresses.contains(one));
}

TEST_CASE("The address of zeros is an address as any other") {
  AddressSet addresses;
  CHECK_FALSE(addresses.contains(Address{}));
  addresses.insert(Address{});
  addresses.insert(Address{});
  CHECK(addresses.contains(Address{}));
  CHECK(addresses.size() == 1);
}

TEST_CASE("Addresses that differ in one place only are told apart, wherever it is") {
  for (std::size_t place = 0; place < Address::kSize; ++place) {
    AddressSet addresses;
    for (unsigned value = 0; value < 256; value += 2) {
      Address address;
      address.bytes[place] = static_cast<std::uint8_t>(value);
      addresses.insert(address);
    }
    CHECK(addresses.size() == 128);
    for (unsigned value = 0; value < 256; ++value) {
      Address address;
      address.bytes[place] = static_cast<std::uint8_t>(value);
      CHECK(addresses.contains(address) == (value % 2 == 0));
    }
  }
}

TEST_CASE("A large set of addresses has at most 41 bytes for each at any time") {
  std::mt19937_64 random(11);
  AddressSet addresses;
  std::size_t most = 0;
  for (std::size_t i = 1; i <= 400'000; ++i) {
    addresses.insert(random_address(random));
    if (i >= 100'000 && i % 500 == 0) most = std::max(most, addresses.bytes() / i);
  }
  CHECK(most <= 41);
  CHECK(most >= Address::kSize);
}

}  // namespace
}  // namespace settled::ledger
