#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include "ledger/address_set.hpp"
#include "tests/bench/figures.hpp"

namespace settled::bench {
namespace {

using Address = ledger::AddressSet::Address;

constexpr std::size_t kAddresses = 10'000'000;
constexpr std::size_t kLookUps = 2'000'000;
constexpr double kWantedBytes = 64;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

Address next(std::mt19937_64& random) {
  Address address;
  for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(random());
  return address;
}

/// Nanoseconds a look-up of addresses made beforehand, of which so many must be known.
double look_up_ns(const ledger::AddressSet& set, const std::vector<Address>& asked,
                  std::size_t known) {
  const SteadyTime begin = std::chrono::steady_clock::now();
  const auto found = std::ranges::count_if(asked, [&](const auto& at) { return set.contains(at); });
  const double seconds = seconds_since(begin);
  if (found != static_cast<std::ptrdiff_t>(known)) {
    std::cerr << found << " of " << known << " addresses were found\n";
    std::exit(1);
  }
  return seconds * 1e9 / static_cast<double>(asked.size());
}

/// Ten million addresses, and what the process grew by while they came in, at most.
void run() {
  std::mt19937_64 random(1);
  std::vector<Address> inside;
  std::vector<Address> outside;
  inside.reserve(kLookUps);
  outside.resize(kLookUps);
  const double before = resident_bytes();
  double most = 0;
  ledger::AddressSet set;
  const SteadyTime begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kAddresses; ++i) {
    const Address address = next(random);
    set.insert(address);
    if (i % (kAddresses / kLookUps) == 0) inside.push_back(address);
    if (i % 100'000 == 0) most = std::max(most, resident_bytes() - before);
  }
  const double insert_ns = seconds_since(begin) * 1e9 / static_cast<double>(kAddresses);
  const double kept = static_cast<double>(inside.size() * sizeof(Address));
  most = std::max(most, resident_bytes() - before) - kept;
  const double each = most / static_cast<double>(kAddresses);
  std::ranges::generate(outside, [&] { return next(random); });
  std::ranges::shuffle(inside, random);
  const double known = look_up_ns(set, inside, inside.size());
  const double unknown = look_up_ns(set, outside, 0);
  std::cerr << std::fixed << std::setprecision(1) << "watch_bytes_per_address: " << each
            << " bytes of resident memory for each of " << set.size() << " at most; " << known
            << " ns to find one, " << unknown << " ns to find none\n";
  std::cout << to_json({"watch_bytes_per_address",
                        each,
                        "bytes",
                        kWantedBytes,
                        {{"known_ns", known}, {"unknown_ns", unknown}, {"insert_ns", insert_ns}}})
            << '\n';
}

}  // namespace
}  // namespace settled::bench

int main() {
  settled::bench::run();
}
