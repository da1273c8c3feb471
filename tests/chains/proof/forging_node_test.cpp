#include <algorithm>
#include <functional>
#include <set>

#include <catch2/catch.hpp>

#include "tests/chains/proof/evidence_data.hpp"

// A node that forges: each case changes what a true one has told, and must be caught by name.

using namespace settled::chains::proof::tests;
using nlohmann::json;

namespace {

using Forge = std::function<void(Answers&)>;

json& logs_of(Answers& told, std::size_t receipt) {
  return told.receipts[receipt]["logs"];
}

/// Numbers all logs anew, as a careful forger would.
void renumber(Answers& told) {
  int next = 0;
  for (json& receipt : told.receipts) {
    for (json& log : receipt["logs"]) {
      char text[16];
      std::snprintf(text, sizeof(text), "0x%x", next++);
      log["logIndex"] = text;
    }
  }
}

void leave_out(Answers& told) {
  logs_of(told, 1).erase(0);
}

void add_again(Answers& told) {
  json& logs = logs_of(told, 1);
  logs.push_back(logs.front());
}

std::string zero_bloom() {
  return "0x" + std::string(512, '0');
}

}  // namespace

TEST_CASE("a node that forges a block is caught by name") {
  const auto [what, forge, reason] = GENERATE(table<const char*, Forge, const char*>({
      {"a log left out, the only one of its receipt", leave_out, "receipt_bloom_mismatch"},
      {"a log left out, and the others renumbered",
       [](Answers& told) {
         leave_out(told);
         renumber(told);
       },
       "receipt_bloom_mismatch"},
      {"the same, with a bloom that fits",
       [](Answers& told) {
         leave_out(told);
         renumber(told);
         told.receipts[1]["logsBloom"] = zero_bloom();
       },
       "receipts_root_mismatch"},
      {"a log twice", add_again, "log_index_gap"},
      {"a log twice, and the others renumbered",
       [](Answers& told) {
         add_again(told);
         renumber(told);
       },
       "receipts_root_mismatch"},
      {"a larger amount",
       [](Answers& told) { flip(logs_of(told, 1)[0]["data"]); },
       "receipts_root_mismatch"},
      {"another payee",
       [](Answers& told) { flip(logs_of(told, 1)[0]["topics"][2]); },
       "receipt_bloom_mismatch"},
      {"another token",
       [](Answers& told) { flip(logs_of(told, 1)[0]["address"]); },
       "receipt_bloom_mismatch"},
      {"a topic less",
       [](Answers& told) { logs_of(told, 1)[0]["topics"].erase(2); },
       "receipt_bloom_mismatch"},
      {"five topics",
       [](Answers& told) {
         json& topics = logs_of(told, 1)[0]["topics"];
         while (topics.size() < 5) topics.push_back(topics[0]);
       },
       "bad_answer"},
      {"a log taken back",
       [](Answers& told) { logs_of(told, 1)[0]["removed"] = true; },
       "removed_log"},
      {"a log of another block",
       [](Answers& told) { flip(logs_of(told, 1)[0]["blockHash"]); },
       "log_out_of_place"},
      {"a log of another transaction",
       [](Answers& told) { flip(logs_of(told, 1)[0]["transactionHash"]); },
       "log_out_of_place"},
      {"a log of another transaction's index",
       [](Answers& told) { flip(logs_of(told, 1)[0]["transactionIndex"]); },
       "log_out_of_place"},
      {"a log's index",
       [](Answers& told) { flip(logs_of(told, 1)[0]["logIndex"]); },
       "log_index_gap"},
      {"two receipts swapped",
       [](Answers& told) { std::swap(told.receipts[0], told.receipts[1]); },
       "receipt_out_of_place"},
      {"two receipts swapped, with the places corrected",
       [](Answers& told) {
         std::swap(logs_of(told, 0), logs_of(told, 2));
         std::swap(told.receipts[0]["type"], told.receipts[2]["type"]);
         for (const std::size_t i : std::initializer_list<std::size_t>{0, 2}) {
           for (json& log : logs_of(told, i)) {
             log["transactionHash"] = told.receipts[i]["transactionHash"];
             log["transactionIndex"] = told.receipts[i]["transactionIndex"];
           }
         }
         renumber(told);
       },
       "receipts_root_mismatch"},
      {"a receipt left out",
       [](Answers& told) { told.receipts.erase(told.receipts.size() - 1); },
       "receipt_count_mismatch"},
      {"a receipt and its transaction left out",
       [](Answers& told) {
         told.receipts.erase(told.receipts.size() - 1);
         told.block["transactions"].erase(told.block["transactions"].size() - 1);
       },
       "receipts_root_mismatch"},
      {"no receipts",
       [](Answers& told) {
         told.receipts = json::array();
         told.block["transactions"] = json::array();
       },
       "header_bloom_mismatch"},
      {"null instead of receipts", [](Answers& told) { told.receipts = nullptr; }, "bad_answer"},
      {"a receipt of another block",
       [](Answers& told) { flip(told.receipts[3]["blockHash"]); },
       "receipt_out_of_place"},
      {"a receipt of another transaction",
       [](Answers& told) { flip(told.receipts[3]["transactionHash"]); },
       "receipt_out_of_place"},
      {"a failed transaction told as a success",
       [](Answers& told) { told.receipts[5]["status"] = "0x1"; },
       "receipts_root_mismatch"},
      {"a success told as a failure",
       [](Answers& told) { told.receipts[1]["status"] = "0x0"; },
       "receipts_root_mismatch"},
      {"a status of two", [](Answers& told) { told.receipts[1]["status"] = "0x2"; }, "bad_answer"},
      {"gas", [](Answers& told) { flip(told.receipts[1]["cumulativeGasUsed"]); },
       "receipts_root_mismatch"},
      {"a type", [](Answers& told) { told.receipts[1]["type"] = "0x2"; }, "receipts_root_mismatch"},
      {"an unknown type", [](Answers& told) { told.receipts[1]["type"] = "0x6a"; },
       "unsupported_receipt_type"},
      {"a receipt's bloom", [](Answers& told) { told.receipts[1]["logsBloom"] = zero_bloom(); },
       "receipt_bloom_mismatch"},
      {"the header's bloom", [](Answers& told) { told.block["logsBloom"] = zero_bloom(); },
       "header_hash_mismatch"},
      {"the header's root", [](Answers& told) { flip(told.block["receiptsRoot"]); },
       "header_hash_mismatch"},
  }));
  CAPTURE(what);
  Answers told = answers(kTypes);
  REQUIRE(told.refusal().empty());
  forge(told);
  CHECK(told.refusal() == reason);
}

TEST_CASE("whatever a block commits to, no digit of its receipts can be changed unseen") {
  const std::set<std::string> not_committed = {"gasUsed",      "effectiveGasPrice", "from",
                                               "to",           "contractAddress",   "blobGasUsed",
                                               "blobGasPrice", "blockTimestamp",    "root"};
  const char* name = GENERATE(as<const char*>{}, kTypes, "anvil_deposit.json");
  const Answers honest = answers(name);
  std::size_t forged = 0;
  const auto check = [&](const json::json_pointer& place) {
    Answers told = honest;
    flip(told.receipts[place]);
    CAPTURE(name, place.to_string());
    CHECK_FALSE(told.refusal().empty());
    ++forged;
  };
  const json flat = honest.receipts.flatten();
  for (const auto& [path, value] : flat.items()) {
    const json::json_pointer place(path);
    if (not_committed.contains(place.back()) || value.is_array()) continue;
    if (place.back() == "removed") continue;
    check(place);
  }
  CHECK(forged > 20);
}

TEST_CASE("on a mainnet block every log that is left out or told twice is seen") {
  const Answers honest = answers(kMainnet);
  REQUIRE(honest.refusal().empty());
  const std::size_t receipts = honest.receipts.size();
  for (std::size_t i = 0; i < receipts; i += 41) {
    if (honest.receipts[i]["logs"].empty()) continue;
    CAPTURE(i);
    Answers gap = honest;
    gap.receipts[i]["logs"].erase(0);
    CHECK_FALSE(gap.refusal().empty());
    if (gap.receipts[i]["logs"].size() > 0) CHECK(gap.refusal() == "log_index_gap");
    Answers less = honest;
    less.receipts[i]["logs"].erase(less.receipts[i]["logs"].size() - 1);
    renumber(less);
    CHECK_FALSE(less.refusal().empty());
    Answers more = honest;
    more.receipts[i]["logs"].push_back(more.receipts[i]["logs"][0]);
    renumber(more);
    CHECK(more.refusal() == "receipts_root_mismatch");
  }
}
