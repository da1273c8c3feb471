#include "daemon/payouts/plan.hpp"

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/hex.hpp"

namespace settled::daemon::payouts {
namespace {

const evm::Address kUsdc =
    chains::evm::parse_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913").value();
const evm::Address kUsdt =
    chains::evm::parse_address("0xfde4C96c8593536E31F229EA8f37b2ADa2699bb2").value();
const evm::Address kPayee =
    chains::evm::parse_address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8").value();

pb::Payout payout(const std::string& id, std::string_view amount, pb::PayoutStatus status,
                  const evm::Address& token = kUsdc) {
  pb::Payout out;
  out.set_id(id);
  out.set_status(status);
  out.set_amount(Amount::parse(amount).value().stored());
  out.set_decimals(6);
  out.set_token_address(token.raw());
  out.set_destination(kPayee.raw());
  return out;
}

evm::TxHash tx_hash(std::uint64_t nonce) {
  evm::TxHash hash;
  hash.bytes.back() = static_cast<std::uint8_t>(nonce + 1);
  return hash;
}

pb::Payout sent(const std::string& id, std::string_view amount, std::uint64_t nonce,
                pb::PayoutStatus status = pb::SUBMITTED, const evm::Address& token = kUsdc) {
  pb::Payout out = payout(id, amount, status, token);
  pb::Attempt& attempt = *out.add_attempts();
  attempt.set_nonce(nonce);
  attempt.set_tx_hash(tx_hash(nonce).raw());
  return out;
}

/// Signed bytes that spend `gas_limit` gas at `fee` wei at most; whose they are does not matter.
std::string raw_bytes(const pb::Payout& of, std::uint64_t gas_limit, std::uint64_t fee) {
  const auto transaction = payment(of, 8453, 0, gas_limit, {fee, 1}).value();
  chains::evm::Signature signature;
  signature.r.back() = 1;
  signature.s.back() = 1;
  return std::string(as_text(evm::encode_signed(transaction, signature)));
}

std::vector<std::string> ids(const std::vector<pb::Payout>& payouts) {
  std::vector<std::string> out;
  for (const pb::Payout& each : payouts) out.push_back(each.id());
  return out;
}

using Ids = std::vector<std::string>;

TEST_CASE("open payouts are sorted by what they need, sent ones by nonce") {
  const Situation situation = sort_out({
      payout("approval", "1", pb::PENDING_APPROVAL),
      payout("queued 1", "1", pb::QUEUED),
      sent("nonce 7", "1", 7),
      sent("nonce 5", "1", 5, pb::UNKNOWN),
      sent("mined", "1", 4, pb::CONFIRMING),
      payout("queued 2", "1", pb::QUEUED),
      sent("nonce 6", "1", 6),
  });
  CHECK(ids(situation.queued) == Ids{"queued 1", "queued 2"});
  CHECK(ids(situation.sent) == Ids{"nonce 5", "nonce 6", "nonce 7"});
  CHECK(ids(situation.mined) == Ids{"mined"});
}

TEST_CASE("the attempt that counts is the last one") {
  pb::Payout twice = sent("a", "1", 3);
  twice.add_attempts()->set_nonce(9);
  CHECK(attempt_of(twice).nonce() == 9);
}

TEST_CASE("bytes are sent again when they were lost, and after half a minute when they were not") {
  const Time now = from_ms(1'800'000'000'000);
  struct Row {
    const char* what;
    std::optional<SentBefore> before;
    bool due;
  };
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const Row rows[] = {
      {"never sent by this process", {}, true},
      {"just accepted", SentBefore{now, true}, false},
      {"accepted 29.999 s ago", SentBefore{now - milliseconds{29'999}, true}, false},
      {"accepted 30 s ago", SentBefore{now - seconds{30}, true}, true},
      {"just refused", SentBefore{now, false}, false},
      {"refused 1.999 s ago", SentBefore{now - milliseconds{1'999}, false}, false},
      {"refused 2 s ago", SentBefore{now - seconds{2}, false}, true},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const std::vector<pb::Payout> payouts = {sent("a", "1", 1)};
    SendHistory history;
    if (row.before) history[tx_hash(1)] = *row.before;
    CHECK(due_for_sending(payouts, history, now).size() == (row.due ? 1 : 0));
  }
}

TEST_CASE("what is due is sent in the order of nonces") {
  const Situation situation = sort_out({sent("b", "1", 2), sent("a", "1", 1), sent("c", "1", 3)});
  const SendHistory history = {{tx_hash(2), {from_ms(1'000), true}}};
  const auto due = due_for_sending(situation.sent, history, from_ms(2'000));
  REQUIRE(due.size() == 2);
  CHECK(due[0]->nonce() == 1);
  CHECK(due[1]->nonce() == 3);
}

TEST_CASE("funds are counted net of what unmined transactions will take, never below zero") {
  pb::Payout first = sent("a", "10.5", 1);
  first.mutable_attempts(0)->set_raw(raw_bytes(first, 60'000, 100));
  pb::Payout second = sent("b", "3", 2, pb::UNKNOWN, kUsdt);
  second.mutable_attempts(0)->set_raw(raw_bytes(second, 40'000, 50));
  const Funds on_chain{10'000'000, {{kUsdc, 20'000'000}, {kUsdt, 1'000'000}}};
  const Funds left = net_of_sent(on_chain, {first, second});
  CHECK(left.native == 10'000'000 - 60'000 * 100 - 40'000 * 50);
  CHECK(left.tokens.at(kUsdc) == 9'500'000);
  CHECK(left.tokens.at(kUsdt) == 0);
  CHECK(net_of_sent(Funds{1, {}}, {first}).native == 0);
}

TEST_CASE(
    "an amount that its token cannot express, and bytes that no decoder knows, take nothing") {
  pb::Payout odd = sent("a", "0.0000001", 1);
  odd.mutable_attempts(0)->set_raw("garbage");
  const Funds left = net_of_sent(Funds{5, {{kUsdc, 7}}}, {odd});
  CHECK(left.native == 5);
  CHECK(left.tokens.at(kUsdc) == 7);
}

TEST_CASE("fee caps leave room for six full blocks") {
  struct Row {
    std::uint64_t base;
    std::uint64_t tip;
    std::uint64_t cap;
  };
  const Row rows[] = {{0, 0, 0},
                      {7, 0, 14},
                      {1'000'000'000, 1'500'000'000, 3'500'000'000},
                      {100'000'000'000'000, 100'000'000'000'000, 300'000'000'000'000}};
  for (const Row& row : rows) {
    const FeeCaps caps = fee_caps({row.base, row.tip}).value();
    CHECK(caps.max_fee_per_gas == row.cap);
    CHECK(caps.max_priority_fee_per_gas == row.tip);
  }
}

TEST_CASE("a fee beyond all reason is a lie and not a reason to stop") {
  const evm::U256 most = std::numeric_limits<evm::U256>::max();
  const evm::U256 above = 100'000'000'000'001;
  for (const auto& fees : {chains::rpc::Fees{most, 1}, chains::rpc::Fees{1, most},
                           chains::rpc::Fees{above, 1}, chains::rpc::Fees{1, above}}) {
    const auto caps = fee_caps(fees);
    REQUIRE(!caps.has_value());
    CHECK(caps.error().code == Errc::Corrupt);
    CHECK(caps.error().reason == "absurd_fee");
  }
}

TEST_CASE("gas has a fifth of margin") {
  CHECK(with_margin(0) == 0);
  CHECK(with_margin(4) == 4);
  CHECK(with_margin(50'000) == 60'000);
  CHECK(with_margin(65'001) == 78'001);
}

TEST_CASE("the payment is exactly one call of the token's transfer") {
  const auto made = payment(payout("a", "25.00", pb::QUEUED), 8453, 12, 65'000, {200, 3}).value();
  CHECK(made.kind == evm::TransactionKind::DynamicFee);
  CHECK(made.chain_id == 8453);
  CHECK(made.nonce == 12);
  CHECK(made.gas_limit == 65'000);
  CHECK(made.max_fee_per_gas == 200);
  CHECK(made.max_priority_fee_per_gas == 3);
  CHECK(made.to == kUsdc);
  CHECK(made.value == 0);
  CHECK(made.access_list.empty());
  // transfer(address,uint256): selector a9059cbb, the payee, 25,000,000 = 0x17d7840.
  CHECK(to_hex(made.data) ==
        "a9059cbb"
        "00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8"
        "00000000000000000000000000000000000000000000000000000000017d7840");
}

TEST_CASE("a payment of more decimals than the token has is refused") {
  const auto made = payment(payout("a", "0.0000001", pb::QUEUED), 1, 0, 0, FeeCaps{});
  REQUIRE(!made.has_value());
  CHECK(made.error().reason == "amount_too_precise");
}

TEST_CASE("payouts are admitted in order, each token for itself") {
  struct Row {
    const char* what;
    std::vector<pb::Payout> queued;
    std::uint64_t usdc;
    std::uint64_t usdt;
    std::size_t room;
    Ids admitted;
    Ids waiting;
  };
  const auto usdc = [](const std::string& id, std::string_view amount) {
    return payout(id, amount, pb::QUEUED, kUsdc);
  };
  const auto usdt = [](const std::string& id, std::string_view amount) {
    return payout(id, amount, pb::QUEUED, kUsdt);
  };
  const Row rows[] = {
      {"nothing is queued", {}, 9, 9, 9, {}, {}},
      {"all fit", {usdc("a", "3"), usdc("b", "4")}, 7'000'000, 0, 9, {"a", "b"}, {}},
      {"one unit short", {usdc("a", "3"), usdc("b", "4")}, 6'999'999, 0, 9, {"a"}, {"b"}},
      {"a smaller one does not overtake within a token",
       {usdc("a", "5"), usdc("b", "1")},
       2'000'000,
       0,
       9,
       {},
       {"a", "b"}},
      {"another token is not held back",
       {usdc("a", "5"), usdt("b", "1"), usdc("c", "1"), usdt("d", "1")},
       2'000'000,
       2'000'000,
       9,
       {"b", "d"},
       {"a", "c"}},
      {"a token of which there is none", {usdt("a", "1")}, 5'000'000, 0, 9, {}, {"a"}},
      {"as far as the room goes",
       {usdc("a", "1"), usdc("b", "1"), usdc("c", "1")},
       9'000'000,
       0,
       2,
       {"a", "b"},
       {}},
      {"no room at all", {usdc("a", "1")}, 9'000'000, 0, 0, {}, {}},
      {"an amount that the token cannot express", {usdc("a", "0.0000001")}, 9, 0, 9, {}, {"a"}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const Admission out =
        admit(row.queued, Funds{0, {{kUsdc, row.usdc}, {kUsdt, row.usdt}}}, row.room);
    CHECK(ids(out.admitted) == row.admitted);
    Ids waiting;
    for (const auto& [id, reason] : out.waiting) {
      CHECK(reason == "liquidity");
      waiting.push_back(id);
    }
    CHECK(waiting == row.waiting);
  }
}

}  // namespace
}  // namespace settled::daemon::payouts
