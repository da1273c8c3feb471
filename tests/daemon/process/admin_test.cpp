#include "daemon/process/admin.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/api/secrets.hpp"
#include "daemon/payouts/hold.hpp"
#include "ledger/keys.hpp"
#include "ledger/types/hex.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::daemon::process {
namespace {

using Json = nlohmann::json;
using tests::BookFixture;

/// As the command line does it where no daemon runs.
Result<Json> answer(BookFixture& books, const Json& request,
                    const std::vector<std::string>& in_checkpoints = {}) {
  SystemRandom random;
  const auto snapshot = books.book().snapshot();
  const tests::TempDirectory directory;
  for (const std::string& file : in_checkpoints) {
    std::filesystem::create_directory(directory.path() / "checkpoints");
    std::ofstream(directory.path() / "checkpoints" / file) << file;
  }
  const WorkPlace place{directory.path(), directory.path() / "checkpoints",
                        []() -> Result<proof::VerifierKey> {
                          return fail(Errc::Unavailable, "no_key", "there is nothing to sign");
                        }};
  TRY(const auto work, interpret_work(request, place, books.clock()));
  if (work) return (*work)(*snapshot, {});
  TRY(const AdminRequest asked, interpret(request, *snapshot, random));
  if (!asked.rows.empty()) {
    TRY_OK(books.store().write(asked.rows, ledger::store::Durability::Synced));
  }
  ledger::pb::Reply reply;
  if (asked.command) {
    TRY(const ledger::Applied applied, books.book().apply(*asked.command));
    reply = applied.reply;
  }
  return asked.answer(reply);
}

Error refusal(BookFixture& books, const Json& request) {
  const auto answered = answer(books, request);
  REQUIRE(!answered.has_value());
  return answered.error();
}

Json create(const std::string& name, const Json& scopes) {
  return {{"command", "keys.create"}, {"name", name}, {"scopes", scopes}};
}

TEST_CASE("a platform key is made, its secret told once and only its hash stored") {
  BookFixture books;
  const Json key = answer(books, create("admin", {"admin", "ledger.read"})).value();
  const std::string secret = key["secret"];
  CHECK(secret.starts_with("sk_"));
  CHECK(key["id"].get<std::string>().starts_with("key_"));
  CHECK(key["name"] == "admin");
  CHECK(key["merchant"].is_null());
  CHECK(key["scopes"] == Json{"ledger.read", "admin"});
  CHECK(key["revoked"].is_null());
  const std::string hash = api::api_secret_sha256(secret);
  bool hash_stored = false;
  for (const auto& [row, value] : tests::dump(books.store())) {
    CHECK(value.find(secret) == std::string::npos);
    hash_stored = hash_stored || value.find(hash) != std::string::npos;
  }
  CHECK(hash_stored);
}

TEST_CASE("a key may belong to a merchant, who must be there") {
  BookFixture books;
  const std::string merchant = MerchantId::from_raw(books.merchant("Shop")).to_string();
  Json request = create("shop", {"intents"});
  request["merchant"] = merchant;
  CHECK(answer(books, request).value()["merchant"] == merchant);

  for (const char* unknown : {"mer_00000000000000000000000000", "pi_1", "Shop"}) {
    INFO(unknown);
    request["merchant"] = unknown;
    CHECK(refusal(books, request).code == Errc::NotFound);
  }
}

TEST_CASE("every scope can be given, and each key lists those it has") {
  BookFixture books;
  const Json all = {"intents", "payouts", "payouts.approve", "ledger.read", "webhooks", "admin"};
  CHECK(answer(books, create("all", all)).value()["scopes"] == all);
  for (const Json& scope : all) {
    CHECK(answer(books, create("one", Json::array({scope}))).value()["scopes"] ==
          Json::array({scope}));
  }
}

TEST_CASE("keys without a scope, or with one that nobody knows, are refused") {
  BookFixture books;
  for (const Json& scopes : {Json::array(), Json::array({"everything"}), Json::array({""}),
                             Json::array({"intents", "Admin"})}) {
    INFO(scopes);
    CHECK(refusal(books, create("bad", scopes)).reason == "unknown_scope");
  }
  CHECK(answer(books, {{"command", "keys.list"}}).value().empty());
}

TEST_CASE("keys are listed without their secrets, and stay listed when they are revoked") {
  BookFixture books;
  const Json first = answer(books, create("first", {"intents"})).value();
  const Json second = answer(books, create("second", {"payouts"})).value();
  const Json revoked = answer(books, {{"command", "keys.revoke"}, {"id", first["id"]}}).value();
  CHECK(revoked["id"] == first["id"]);
  CHECK(revoked["revoked"].is_string());

  const Json keys = answer(books, {{"command", "keys.list"}}).value();
  REQUIRE(keys.size() == 2);
  for (const Json& key : keys) {
    CHECK(!key.contains("secret"));
    CHECK(key["revoked"].is_string() == (key["id"] == first["id"]));
  }
}

TEST_CASE("what is no key cannot be revoked") {
  BookFixture books;
  for (const char* id : {"key_00000000000000000000000000", "mer_00000000000000000000000000", ""}) {
    INFO(id);
    CHECK(refusal(books, {{"command", "keys.revoke"}, {"id", id}}).code == Errc::NotFound);
  }
}

TEST_CASE("whole books verify, and tell what they hold") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "100");
  const Json verified = answer(books, {{"command", "verify"}}).value();
  const auto head = books.book().head();
  CHECK(verified["commands"] == head.sequence());
  CHECK(verified["entries"] == head.entry_sequence());
  CHECK(verified["accounts"] > 0);
  CHECK(verified["begins_anew"] == false);
  CHECK(verified["hash"] == to_hex(as_bytes(head.hash())));
  CHECK(verified["state"] == to_hex(as_bytes(head.state_hash())));
  CHECK(verified["time"] == to_rfc3339(from_ms(head.time())));
}

TEST_CASE("books whose record of checkpoints begins anew verify without the key before") {
  BookFixture books;
  books.set_up();
  const std::string note =
      ledger::keys::Key(ledger::keys::Table::Operational).name("checkpoint").u64(1);
  ledger::store::Batch batch;
  batch.put(note, "a note of a key that is gone");
  REQUIRE(books.store().write(batch, ledger::store::Durability::Synced).has_value());
  const Json verify = {{"command", "verify"}};
  CHECK(refusal(books, verify).reason == "no_key");
  const Json verified = answer(books, verify, {"start-anew"}).value();
  CHECK(verified["begins_anew"] == true);
  CHECK(verified["checkpoints"] == 0);
  // A file of checkpoints is of the key that there is, whatever else lies beside it.
  CHECK_FALSE(answer(books, verify, {"start-anew", "checkpoints"}));
}

TEST_CASE("books that were tampered with do not verify") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "100");
  const std::string key = ledger::keys::log(1);
  std::string record = books.store().get(key).value().value();
  record.back() = static_cast<char>(record.back() ^ 1);
  ledger::store::Batch batch;
  batch.put(key, record);
  REQUIRE(books.store().write(batch, ledger::store::Durability::Synced).has_value());
  CHECK(refusal(books, {{"command", "verify"}}).code == Errc::Corrupt);
}

TEST_CASE("payouts that are held are released, once") {
  BookFixture books;
  CHECK(answer(books, {{"command", "payouts.release"}}).value()["held"] == false);
  ledger::store::Batch hold;
  hold.put(payouts::hold_key(), "restored");
  REQUIRE(books.store().write(hold, ledger::store::Durability::Synced).has_value());
  CHECK(answer(books, {{"command", "payouts.release"}}).value()["held"] == true);
  CHECK_FALSE(payouts::is_held(books.store()).value());
}

TEST_CASE("a backup is made where nothing is, and says what it holds") {
  BookFixture books;
  books.fund(books.set_up(), "100");
  const tests::TempDirectory directory;
  const Json request = {{"command", "backup"}, {"to", (directory.path() / "b").string()}};
  const Json made = answer(books, request).value();
  CHECK(made["sequence"] == books.book().head().sequence());
  CHECK(made["hash"] == to_hex(as_bytes(books.book().head().hash())));
  CHECK(made["to"] == request["to"]);
  CHECK(made["rows"] > 20);
  CHECK(made["bytes"] > 1'000);
  CHECK(refusal(books, request).reason == "target_not_empty");
}

TEST_CASE("requests that are not understood are refused, never thrown") {
  BookFixture books;
  const Json requests[] = {
      Json::object(),
      {{"command", 1}},
      {{"command", nullptr}},
      {{"command", "keys.destroy"}},
      {{"command", "keys.create"}},
      {{"command", "keys.create"}, {"name", "x"}},
      {{"command", "keys.create"}, {"name", 7}, {"scopes", {"admin"}}},
      {{"command", "keys.create"}, {"name", "x"}, {"scopes", {1, 2}}},
      {{"command", "keys.create"}, {"name", "x"}, {"scopes", {"admin"}}, {"merchant", 4}},
      {{"command", "keys.revoke"}},
      {{"command", "keys.revoke"}, {"id", 3}},
      {{"command", "backup"}},
      {{"command", "backup"}, {"to", ""}},
      {{"command", "backup"}, {"to", 7}},
      {{"command", "backup"}, {"to", "a/relative/path"}},
  };
  for (const Json& request : requests) {
    INFO(request);
    const Error error = refusal(books, request);
    CHECK(error.code == Errc::Invalid);
    CHECK(error.reason == "invalid_request");
  }
}

}  // namespace
}  // namespace settled::daemon::process
