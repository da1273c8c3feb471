#include "daemon/deposits/address_feed.hpp"

#include <exception>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "tests/support/book_fixture.hpp"
#include "wallet/bip32.hpp"

using namespace settled;
using namespace settled::daemon::deposits;
using namespace settled::tests;
namespace pb = settled::ledger::pb;

namespace {

wallet::DepositAddresses account(std::uint8_t seed) {
  const Bytes bytes(32, seed);
  const auto master = wallet::ExtendedPrivateKey::from_seed(bytes).value();
  const auto key = master.derive_path("m/44'/60'/0'").value();
  return wallet::DepositAddresses::from_xpub(key.neuter().xpub()).value();
}

pb::DepositPool pool(BookFixture& fixture) {
  return ledger::read_record<pb::DepositPool>(fixture.store(), ledger::keys::deposit_pool())
      .value()
      .value_or(pb::DepositPool{});
}

/// Runs the call to its end.
Status ensure(boost::asio::io_context& io, AddressFeed& feed, std::size_t count) {
  std::optional<Status> out;
  boost::asio::co_spawn(io, feed.ensure(count), [&](std::exception_ptr thrown, Status status) {
    REQUIRE(thrown == nullptr);
    out = std::move(status);
  });
  io.restart();
  io.run();
  return out.value();
}

}  // namespace

TEST_CASE("as many addresses as asked for are watched before anybody is given one") {
  BookFixture fixture;
  boost::asio::io_context io;
  const auto addresses = account(1);
  AddressFeed feed(io.get_executor(), fixture.book(), addresses);
  REQUIRE(ensure(io, feed, 100));
  CHECK(pool(fixture).added() == 100);
  CHECK(pool(fixture).xpub_id() == addresses.id());
  CHECK(fixture.book().watches(addresses.address(0).value().raw()));
  CHECK(fixture.book().watches(addresses.address(99).value().raw()));
  CHECK_FALSE(fixture.book().watches(addresses.address(100).value().raw()));

  const std::string merchant = fixture.merchant("Shop");
  const pb::Intent intent = fixture.intent(merchant, "1.00");
  CHECK(intent.deposit_address() == addresses.address(0).value().raw());
  REQUIRE(ensure(io, feed, 100));
  CHECK(pool(fixture).added() == 101);
  REQUIRE(ensure(io, feed, 50));
  CHECK(pool(fixture).added() == 101);
}

TEST_CASE("calls at the same time add the addresses once") {
  BookFixture fixture;
  boost::asio::io_context io;
  const auto addresses = account(1);
  AddressFeed feed(io.get_executor(), fixture.book(), addresses);
  int done = 0;
  const std::uint64_t before = fixture.book().head().sequence();
  for (int i = 0; i < 64; ++i) {
    boost::asio::co_spawn(io, feed.ensure(64), [&](std::exception_ptr thrown, Status status) {
      REQUIRE(thrown == nullptr);
      REQUIRE(status);
      ++done;
    });
  }
  io.run();
  CHECK(done == 64);
  CHECK(pool(fixture).added() == 64);
  // One derived, the others waited: with one command the log has grown by one.
  CHECK(fixture.book().head().sequence() == before + 1);
}

TEST_CASE("more than fit into one command come in several") {
  BookFixture fixture;
  boost::asio::io_context io;
  const auto addresses = account(1);
  AddressFeed feed(io.get_executor(), fixture.book(), addresses);
  REQUIRE(ensure(io, feed, kMost + 10));
  CHECK(pool(fixture).added() == kMost + 10);
}

TEST_CASE("another extended key than the books know is refused") {
  BookFixture fixture;
  boost::asio::io_context io;
  const auto first = account(1);
  const auto second = account(2);
  AddressFeed feed(io.get_executor(), fixture.book(), first);
  REQUIRE(ensure(io, feed, 8));
  AddressFeed other(io.get_executor(), fixture.book(), second);
  const Status refused = ensure(io, other, 8);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == "deposit_key_changed");
  CHECK(pool(fixture).added() == 8);
}

TEST_CASE("left to itself the feed keeps its reserve, and grows it under load") {
  BookFixture fixture;
  boost::asio::io_context io;
  const auto addresses = account(1);
  AddressFeed feed(io.get_executor(), fixture.book(), addresses);
  boost::asio::cancellation_signal stop;
  boost::asio::co_spawn(
      io, feed.run(),
      boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr, Status) {}));
  const auto until = [&](std::uint32_t added) {
    for (int i = 0; i < 10'000 && pool(fixture).added() < added; ++i) {
      feed.wake();
      io.run_one();
    }
    REQUIRE(pool(fixture).added() == added);
  };
  until(kFewest);
  const std::string merchant = fixture.merchant("Shop");
  for (int i = 0; i < 200; ++i) fixture.intent(merchant, "1.00");
  until(200 + 2 * kFewest);
  stop.emit(boost::asio::cancellation_type::terminal);
  io.run();
}

TEST_CASE("the reserve follows the use") {
  CHECK(next_reserve(256, 0) == 256);
  CHECK(next_reserve(256, 128) == 256);
  CHECK(next_reserve(256, 129) == 512);
  CHECK(next_reserve(4'096, 4'096) == 4'096);
  CHECK(next_reserve(1'024, 64) == 1'024);
  CHECK(next_reserve(1'024, 63) == 512);
  CHECK(next_reserve(300, 0) == 256);
}
