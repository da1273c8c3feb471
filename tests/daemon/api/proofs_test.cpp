#include <catch2/catch.hpp>

#include "daemon/receipt/receipt.hpp"
#include "ledger/keys.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/types/hex.hpp"
#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Shop;
using json = nlohmann::json;

namespace {

json newest_entry(Shop& shop, const std::string& key) {
  return shop.get("/v1/ledger/entries?limit=1", key).body.at("data").at(0);
}

std::string entry_path(const json& entry) {
  return "/v1/ledger/entries/" + entry.at("id").get<std::string>();
}

}  // namespace

TEST_CASE("an entry is read by whom it touches") {
  Shop shop;
  shop.fund(shop.one, "25.00");
  const json entry = newest_entry(shop, shop.one.key);
  CHECK(shop.get(entry_path(entry), shop.one.key).body == entry);
  CHECK(shop.get(entry_path(entry), shop.platform).body == entry);
  for (const char* suffix : {"", "/proof"}) {
    CHECK(shop.get(entry_path(entry) + suffix, shop.two.key).status == 404);
    CHECK(shop.get(entry_path(entry) + suffix, "").status == 401);
    CHECK(shop.get("/v1/ledger/entries/en_nonsense" + std::string(suffix), shop.platform).status ==
          404);
    const std::string blind = shop.make_key(shop.one.id, {"intents"});
    CHECK(shop.get(entry_path(entry) + suffix, blind).status == 403);
    CHECK(shop.get(entry_path(entry) + suffix + "?x=1", shop.one.key).code() ==
          "unknown_parameter");
  }
}

TEST_CASE("a receipt is given for an entry at once, and proves it without the books") {
  Shop shop;
  shop.fund(shop.one, "25.00");
  const json entry = newest_entry(shop, shop.one.key);
  const auto answer = shop.get(entry_path(entry) + "/proof", shop.one.key);
  REQUIRE(answer.status == 200);
  const auto read = daemon::receipt::parse(answer.text);
  REQUIRE(read);
  const auto proven = ledger::verify_entry(read->proof, shop.checkpoints->key());
  REQUIRE(proven);
  CHECK(EntryId::from_raw(proven->entry.id()).to_string() == entry.at("id").get<std::string>());
  CHECK(read->proof.leaf.sequence <= proven->checkpoint.sequence);
  // The same checkpoint serves again: nothing is signed twice for it.
  CHECK(shop.get(entry_path(entry) + "/proof", shop.platform).text == answer.text);
  CHECK(shop.get("/v1/ledger/checkpoints", shop.platform).body.at("data").size() == 1);
}

TEST_CASE("a receipt that cannot be made says why") {
  Shop shop;
  shop.fund(shop.one, "25.00");
  const json entry = newest_entry(shop, shop.one.key);
  shop.checkpoints_possible = false;
  const auto later = shop.get(entry_path(entry) + "/proof", shop.one.key);
  CHECK(later.status == 503);
  CHECK(later.code() == "checkpoint_unavailable");
}

TEST_CASE("a checkpoint of a key that was replaced is listed as what it is") {
  Shop shop;
  shop.make_intent(shop.one);
  const auto own = shop.checkpoints->make().value();
  const auto replaced = proof::SigningKey::generate("shop/book", shop.random);
  proof::Checkpoint older = own.checkpoint;
  older.sequence -= 1;
  const std::string note = older.sign(replaced);
  const auto key_of = [](std::uint64_t sequence) {
    return std::string(
        ledger::keys::Key(ledger::keys::Table::Operational).name("checkpoint").u64(sequence));
  };
  ledger::store::Batch batch;
  batch.put(key_of(older.sequence), note);
  REQUIRE(shop.store->write(batch, ledger::store::Durability::Written));
  const json list = shop.get("/v1/ledger/checkpoints", shop.one.key).body.at("data");
  REQUIRE(list.size() == 2);
  CHECK(list[0].at("sequence") == own.checkpoint.sequence);
  CHECK(list[0].at("verified") == true);
  CHECK(
      shop.checkpoints->key().text().starts_with(list[0].at("signed_by").get<std::string>() + "+"));
  CHECK(list[1].at("sequence") == older.sequence);
  CHECK(list[1].at("verified") == false);
  CHECK(list[1].at("note") == note);
  CHECK(replaced.verifier().text().starts_with(list[1].at("signed_by").get<std::string>() + "+"));

  batch.put(key_of(older.sequence), "no note");
  REQUIRE(shop.store->write(batch, ledger::store::Durability::Written));
  CHECK(shop.get("/v1/ledger/checkpoints", shop.one.key).status == 500);
}

TEST_CASE("checkpoints are listed newest first, with what they sign") {
  Shop shop;
  CHECK(shop.get("/v1/ledger/checkpoints", shop.one.key).body.at("data").empty());
  std::vector<std::uint64_t> made;
  for (int i = 0; i < 5; ++i) {
    shop.make_intent(shop.one);
    made.push_back(shop.checkpoints->make().value().checkpoint.sequence);
  }
  const auto page = [&](const std::string& query) {
    std::vector<std::uint64_t> out;
    const auto answer = shop.get("/v1/ledger/checkpoints" + query, shop.one.key);
    REQUIRE(answer.status == 200);
    for (const json& each : answer.body.at("data")) out.push_back(each.at("sequence"));
    out.push_back(answer.body.at("has_more").get<bool>() ? 1 : 0);
    return out;
  };
  using List = std::vector<std::uint64_t>;
  CHECK(page("") == List{made[4], made[3], made[2], made[1], made[0], 0});
  CHECK(page("?limit=2") == List{made[4], made[3], 1});
  CHECK(page("?limit=2&starting_after=" + std::to_string(made[3])) == List{made[2], made[1], 1});
  CHECK(page("?limit=2&starting_after=" + std::to_string(made[1])) == List{made[0], 0});
  CHECK(page("?limit=2&ending_before=" + std::to_string(made[1])) == List{made[3], made[2], 1});
  CHECK(page("?limit=2&ending_before=" + std::to_string(made[3])) == List{made[4], 0});
  CHECK(page("?ending_before=" + std::to_string(made[4])) == List{0});

  const json first =
      shop.get("/v1/ledger/checkpoints?limit=1", shop.platform).body.at("data").at(0);
  const auto opened =
      proof::Checkpoint::open(first.at("note").get<std::string>(), shop.checkpoints->key());
  REQUIRE(opened);
  CHECK(first.at("root") == to_hex(opened->root.view()));
  CHECK(first.at("hash") == to_hex(opened->hash.view()));
  CHECK(first.at("state_hash") == to_hex(opened->state.view()));
  CHECK(first.at("time") == to_rfc3339(opened->time));

  CHECK(shop.get("/v1/ledger/checkpoints?starting_after=x", shop.one.key).status == 400);
  CHECK(shop.get("/v1/ledger/checkpoints?starting_after=1&ending_before=2", shop.one.key).status ==
        400);
}

TEST_CASE("a witness is shown that the log only grew") {
  Shop shop;
  CHECK(shop.get("/v1/ledger/consistency?first=1&second=1", shop.platform).status == 400);
  shop.make_intent(shop.one);
  const auto older = shop.checkpoints->make().value().checkpoint;
  shop.fund(shop.one, "25.00");
  const auto newer = shop.checkpoints->make().value().checkpoint;
  const auto answer = shop.get("/v1/ledger/consistency?first=" + std::to_string(older.sequence) +
                                   "&second=" + std::to_string(newer.sequence),
                               shop.platform);
  REQUIRE(answer.status == 200);
  std::vector<Hash256> path;
  for (const json& hash : answer.body.at("path")) {
    path.push_back(*fixed_from_hex<Hash256>(hash.get<std::string>()));
  }
  CHECK(proof::verify_consistency(older.sequence, newer.sequence, older.root, newer.root, path));
  CHECK(answer.body.at("first_root") == to_hex(older.root.view()));
  CHECK(answer.body.at("second_root") == to_hex(newer.root.view()));

  shop.make_intent(shop.one);
  const std::string beyond = std::to_string(newer.sequence + 1);
  for (const std::string& query :
       {std::string(), std::string("?first=1"), std::string("?first=0&second=1"),
        std::string("?first=3&second=2"), "?first=1&second=" + beyond}) {
    INFO(query);
    CHECK(shop.get("/v1/ledger/consistency" + query, shop.platform).status == 400);
  }
}
