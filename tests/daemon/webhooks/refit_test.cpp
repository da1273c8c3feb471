#include <catch2/catch.hpp>

#include "daemon/webhooks/outbox.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::daemon::webhooks {
namespace {

using tests::BookFixture;

/// Rows of the outbox as a repair finds them, and what becomes of each.
struct Found {
  BookFixture books;
  EndpointId endpoint;
  std::string event;

  Found() {
    const std::string shop = books.set_up();
    ledger::pb::CreateEndpoint create;
    create.set_merchant(shop);
    create.set_url("https://example.com/");
    create.add_events("*");
    create.set_secret("whsec_x");
    endpoint = EndpointId::from_raw(books.ok(create).endpoint().id());
    books.fund(shop, "10");
    event = ledger::reports::events(books.store(), {}, 0, 1).value().data.at(0).id();
  }

  void write(const Outbox::Writes& writes) {
    REQUIRE(Outbox(books.store()).write(writes).has_value());
  }
  pb::Delivery delivery(const std::string& of, const std::string& to) const {
    pb::Delivery out;
    out.set_id(std::string(16, 'd'));
    out.set_endpoint(to);
    out.set_event(of);
    return out;
  }
  /// What becomes of all rows outside the log.
  std::vector<std::optional<std::string>> refitted() {
    const std::string prefix = ledger::keys::Key(ledger::keys::Table::Operational);
    std::vector<std::optional<std::string>> out;
    const auto visit = [&](std::string_view key, std::string_view value) {
      out.push_back(refit(key, value, books.book().head(), books.store()).value());
      return true;
    };
    REQUIRE(books.store().scan(prefix, ledger::store::prefix_end(prefix), visit).has_value());
    return out;
  }
};

std::string u64(std::uint64_t value) {
  std::string out;
  ledger::keys::append_u64(out, value);
  return out;
}

}  // namespace

TEST_CASE("Cursors beyond the events that there are come back to the last one") {
  Found found;
  const std::uint64_t last = found.books.last_event();
  REQUIRE(last > 1);
  for (const auto& [stored, wanted] :
       {std::pair{last + 7, last}, {last, last}, {last - 1, last - 1}}) {
    Outbox::Writes writes;
    writes.cursor(stored);
    writes.lag(found.endpoint, stored);
    found.write(writes);
    CHECK(found.refitted() == std::vector<std::optional<std::string>>{u64(wanted), u64(wanted)});
  }
}

TEST_CASE("Deliveries stay with their event and their endpoint, and go without either") {
  Found found;
  const auto keeps = [&](const pb::Delivery& delivery) {
    Outbox::Writes writes;
    writes.put(delivery);
    found.write(writes);
    const auto rows = found.refitted();
    REQUIRE(rows.size() == 1);
    REQUIRE(
        Outbox(found.books.store()).erase(EndpointId::from_raw(delivery.endpoint())).has_value());
    return rows[0] == delivery.SerializeAsString();
  };
  CHECK(keeps(found.delivery(found.event, found.endpoint.raw())));
  CHECK_FALSE(keeps(found.delivery(std::string(16, 'g'), found.endpoint.raw())));
  CHECK_FALSE(keeps(found.delivery(found.event, std::string(16, 'g'))));
}

TEST_CASE("What cannot be read goes, and what is another module's stays") {
  Found found;
  const std::string own = ledger::keys::Key(ledger::keys::Table::Operational).name("webhooks");
  const auto head = found.books.book().head();
  const auto become = [&](const std::string& key, std::string_view value) {
    return refit(key, value, head, found.books.store()).value();
  };
  CHECK(become(own + "c", "short") == std::nullopt);
  CHECK(become(own + "l" + found.endpoint.raw(), "much too long") == std::nullopt);
  CHECK(become(own + "d" + found.endpoint.raw() + "x", "no delivery") == std::nullopt);
  CHECK(become("Oprocess", "a key") == "a key");
  CHECK(become(own + "x", "of a later version") == "of a later version");
}

}  // namespace settled::daemon::webhooks
