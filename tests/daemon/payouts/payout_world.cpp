#include "tests/daemon/payouts/payout_world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "ledger/types/hex.hpp"
#include "wallet/keys.hpp"

namespace settled::daemon::payouts {
namespace {

using evm::to_quantity;
using nlohmann::json;

constexpr auto kUrl = "http://node";

json word(std::uint64_t value) {
  return to_0x(evm::to_word(value));
}

std::string hash_text(const pb::Payout& payout) {
  return to_0x(as_bytes(attempt_of(payout).tx_hash()));
}

}  // namespace

World::World() {
  // The first account of the well-known mnemonic "test test ... junk".
  const Bytes key =
      from_hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80").value();
  signer =
      std::make_unique<wallet::KeystoreSigner>("hot", wallet::PrivateKey::from_bytes(key).value());
  chain_.name = std::string(tests::kChain);
  chain_.chain_id = 8453;
  chain_.tokens = {{.symbol = "USDC",
                    .currency = "USDC",
                    .address = fixed_from<evm::Address>(tests::usdc_address()),
                    .decimals = 6}};
  view.native["latest"] = "0xde0b6b3a7640000";  // 1 ether
  script();
  restart();
}

World::~World() = default;

void World::script() {
  nodes.on(kUrl, "eth_chainId", [](const json&) { return to_quantity(std::uint64_t{8453}); });
  nodes.on(kUrl, "eth_getBalance", [this](const json& params) {
    const auto found = view.native.find(params[1].get<std::string>());
    return found == view.native.end() ? view.native["latest"] : found->second;
  });
  nodes.on(kUrl, "eth_call", [this](const json& params) {
    const auto found = view.usdc_at.find(params[1].get<std::string>());
    return word(found == view.usdc_at.end() ? view.usdc : found->second);
  });
  nodes.on(kUrl, "eth_getTransactionCount",
           [this](const json&) { return to_quantity(view.nonce); });
  nodes.on(kUrl, "eth_getBlockByNumber", [this](const json& params) -> json {
    const std::uint64_t number = evm::parse_quantity64(params[0].get<std::string>()).value();
    return {{"number", to_quantity(number)},
            {"hash", to_0x(as_bytes(tests::block_hash(number, view.fork)))},
            {"parentHash", to_0x(as_bytes(tests::block_hash(number - 1, view.fork)))},
            {"timestamp", "0x1"},
            {"logsBloom", "0x" + std::string(512, '0')},
            {"baseFeePerGas", "0x1"}};
  });
  nodes.on(kUrl, "eth_feeHistory", [this](const json&) {
    if (on_fees) on_fees();
    return json{{"baseFeePerGas", {to_quantity(view.base_fee), to_quantity(view.base_fee)}},
                {"reward", {{"0x3b9aca00"}}}};
  });
  nodes.on(kUrl, "eth_estimateGas", [this](const json& params) -> json {
    const Bytes data = from_hex(params[0]["data"].get<std::string>()).value();
    const auto refusal = view.refusals.find(evm::decode_transfer(data).value().to.raw());
    if (refusal != view.refusals.end()) throw json(refusal->second);
    return to_quantity(view.gas);
  });
  nodes.on(kUrl, "eth_getTransactionReceipt", [this](const json& params) -> json {
    const auto found = view.receipts.find(params[0].get<std::string>());
    return found == view.receipts.end() ? json(nullptr) : found->second;
  });
  nodes.on(kUrl, "eth_sendRawTransaction", [this](const json& params) -> json {
    const Bytes raw = from_hex(params[0].get<std::string>()).value();
    raw_seen.push_back(raw);
    if (view.on_raw) {
      if (auto error = view.on_raw(raw)) throw json(*error);
    }
    return to_0x(evm::hash_of(raw).view());
  });
}

void World::restart() {
  sender_.reset();
  chains::rpc::NodePool::Settings pool;
  pool.chain_id = 8453;
  pool.nodes.push_back({.name = "node", .url = kUrl});
  pool_ = std::make_unique<chains::rpc::NodePool>(nodes, books.clock(), random_, std::move(pool));
  sender_ = std::make_unique<Sender>(
      io_.get_executor(), books.book(), *pool_, chain_, *signer, books.clock(),
      [this](std::string_view line) { log.emplace_back(line); }, settings);
}

Status World::run(Task<Status> task) {
  std::optional<Status> result;
  boost::asio::co_spawn(io_, std::move(task), [&](const std::exception_ptr& thrown, Status status) {
    if (thrown) std::rethrow_exception(thrown);
    result = std::move(status);
  });
  io_.restart();
  io_.run();
  REQUIRE(result.has_value());
  return *result;
}

Status World::open() {
  return run(sender_->open());
}

Status World::step() {
  return run(sender_->step());
}

void World::open_chain() {
  pb::OpenChain chain;
  chain.set_chain(std::string(tests::kChain));
  chain.set_chain_id(8453);
  chain.set_native_currency("ETH");
  chain.mutable_start()->set_number(tests::kStartBlock);
  chain.mutable_start()->set_hash(tests::block_hash(tests::kStartBlock));
  chain.mutable_start()->set_time(books.now_ms());
  books.ok(chain);
}

void World::set_up() {
  open_chain();
  REQUIRE(open().has_value());
  books.derive(10);
  merchant = books.merchant("Shop");
  books.fund(merchant, "500");
  REQUIRE(step().has_value());  // the native balance is compared once, so that later steps are bare
}

std::string World::queue(std::string_view amount, const std::string& to) {
  pb::RequestPayout request = tests::request_payout(merchant, amount);
  request.set_destination(to);
  return books.ok(request).payout().id();
}

std::vector<pb::Payout> World::queue_several(std::size_t count, std::string_view amount) {
  std::vector<pb::Payout> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(payout(queue(amount)));
  return out;
}

void World::mine(const std::string& id, std::uint64_t final_number) {
  const pb::Payout stored = payout(id);
  pb::ObservedTransfer transfer = tests::paid(stored.destination(), tests::text_of(stored.amount()),
                                              "x", signer->address().raw());
  transfer.set_tx_hash(attempt_of(stored).tx_hash());
  books.mine({transfer}, final_number);
  set_receipt(id, head(), true);
}

void World::set_receipt(const std::string& id, std::uint64_t block_number, bool succeeded) {
  const std::string hash = hash_text(payout(id));
  view.receipts[hash] = {{"transactionHash", hash},
                         {"blockHash", to_0x(as_bytes(tests::block_hash(block_number)))},
                         {"blockNumber", to_quantity(block_number)},
                         {"status", succeeded ? "0x1" : "0x0"},
                         {"gasUsed", "0xc350"},                // 50,000
                         {"effectiveGasPrice", "0x77359400"},  // 2 gwei
                         {"logs", json::array()}};
}

void World::block(std::uint64_t final_number) {
  books.mine({}, final_number);
}

std::uint64_t World::next_nonce() {
  return ledger::read_record<pb::SignerState>(books.store(),
                                              ledger::keys::signer(tests::kChain, "hot"))
      .value()
      .value()
      .next_nonce();
}

void World::go_down() {
  nodes.on_request(kUrl, [](const chains::http::Request&) -> Result<chains::http::Response> {
    return fail(Errc::Unavailable, "connect_failed", "connection refused");
  });
}

void World::come_back() {
  nodes.forget(kUrl);
  books.clock().advance(6'000);  // whatever rest the pool gave the node is over
}

std::size_t World::count(std::string_view method) const {
  std::size_t found = 0;
  for (const auto& request : nodes.requests) {
    const std::string quoted = '"' + std::string(method) + '"';
    for (auto at = request.body.find(quoted); at != std::string::npos;
         at = request.body.find(quoted, at + 1)) {
      ++found;
    }
  }
  return found;
}

}  // namespace settled::daemon::payouts
