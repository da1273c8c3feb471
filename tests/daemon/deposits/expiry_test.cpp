#include "daemon/deposits/expiry.hpp"

#include <exception>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::daemon::deposits;
using namespace settled::tests;
namespace pb = settled::ledger::pb;

namespace {

void look(BookFixture& fixture) {
  boost::asio::io_context io;
  Expiry expiry(io.get_executor(), fixture.book(), fixture.clock());
  std::optional<Status> out;
  boost::asio::co_spawn(io, expiry.expire_due(), [&](std::exception_ptr thrown, Status status) {
    REQUIRE(thrown == nullptr);
    out = std::move(status);
  });
  io.run();
  REQUIRE(out.value());
}

}  // namespace

TEST_CASE("an intent expires when its time has come, and nothing is sent before") {
  BookFixture fixture;
  const std::string merchant = fixture.set_up();
  const pb::Intent first = fixture.intent(merchant, "1.00");
  fixture.clock().advance(1'000);
  const pb::Intent second = fixture.intent(merchant, "2.00");

  const auto before = fixture.book().head().sequence();
  fixture.clock().advance(kExpiresInMs - 1'001);
  look(fixture);
  CHECK(fixture.book().head().sequence() == before);

  fixture.clock().advance(1);
  look(fixture);
  CHECK(fixture.intent(first.id()).status() == pb::EXPIRED);
  CHECK(fixture.intent(second.id()).status() == pb::REQUIRES_PAYMENT);
  const auto after = fixture.book().head().sequence();
  CHECK(after == before + 1);
  look(fixture);
  CHECK(fixture.book().head().sequence() == after);

  fixture.clock().advance(5'000);
  look(fixture);
  CHECK(fixture.intent(second.id()).status() == pb::EXPIRED);
}

TEST_CASE("more than one command's worth expires at one look") {
  BookFixture fixture;
  const std::string merchant = fixture.set_up();
  fixture.derive(1'500);
  std::string last;
  for (int i = 0; i < 1'100; ++i) last = fixture.intent(merchant, "1.00").id();
  fixture.clock().advance(kExpiresInMs);
  look(fixture);
  CHECK(fixture.intent(last).status() == pb::EXPIRED);
}
