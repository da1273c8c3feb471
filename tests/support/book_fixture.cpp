#include "tests/support/book_fixture.hpp"

#include <charconv>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"
#include "ledger/store/leveldb_store.hpp"

namespace settled::tests {

using namespace ledger;

namespace {

struct LogName {
  std::string tx_hash;
  std::uint32_t index = 0;
};

LogName log_name(std::string_view log) {
  const auto slash = log.find('/');
  LogName name{hash_of(log.substr(0, slash))};
  if (slash != std::string_view::npos) {
    std::from_chars(log.data() + slash + 1, log.data() + log.size(), name.index);
  }
  return name;
}

}  // namespace

std::string money(std::string_view text) {
  return Amount::parse(text).value().stored();
}

std::string text_of(std::string_view stored) {
  return amount_of(stored).value().to_string();
}

std::string hash_of(std::string_view name) {
  return sha256(as_bytes(name)).raw();
}

std::string address_of(std::string_view name) {
  return hash_of(name).substr(0, 20);
}

std::string deposit_address(std::uint32_t index) {
  return address_of("deposit " + std::to_string(index));
}

std::string usdc_address() {
  return address_of("USDC");
}

pb::PaymentOption usdc_option() {
  pb::PaymentOption option;
  option.set_chain(std::string(kChain));
  option.set_chain_id(8453);
  option.set_token("USDC");
  option.set_token_address(usdc_address());
  option.set_decimals(6);
  return option;
}

pb::CreateIntent create_intent(const std::string& merchant, std::string_view amount) {
  pb::CreateIntent out;
  out.set_merchant(merchant);
  out.set_currency("USDC");
  out.set_amount(money(amount));
  out.set_required(money(amount));
  *out.add_options() = usdc_option();
  out.set_expires_in_ms(kExpiresInMs);
  out.set_late_window_ms(kLateWindowMs);
  return out;
}

pb::RequestPayout request_payout(const std::string& merchant, std::string_view amount) {
  pb::RequestPayout out;
  out.set_merchant(merchant);
  out.set_currency("USDC");
  out.set_amount(money(amount));
  out.set_chain(std::string(kChain));
  out.set_token("USDC");
  out.set_token_address(usdc_address());
  out.set_decimals(6);
  out.set_destination(address_of("payee"));
  out.set_signer("hot");
  out.set_created_by(std::string(16, 'm'));
  return out;
}

pb::RequestRefund request_refund(const pb::Intent& intent, std::string_view amount) {
  pb::RequestRefund out;
  out.set_intent(intent.id());
  *out.mutable_payout() = request_payout(intent.merchant(), amount);
  return out;
}

pb::ObservedTransfer paid(const std::string& to, std::string_view amount, std::string_view log,
                          const std::string& from) {
  const LogName name = log_name(log);
  pb::ObservedTransfer out;
  out.set_token("USDC");
  out.set_currency("USDC");
  out.set_token_address(usdc_address());
  out.set_decimals(6);
  out.set_tx_hash(name.tx_hash);
  out.set_log_index(name.index);
  out.set_from(from);
  out.set_to(to);
  out.set_amount(money(amount));
  out.set_evidence("single");
  return out;
}

std::string block_hash(std::uint64_t number, std::string_view fork) {
  return hash_of("block " + std::string(fork) + std::to_string(number));
}

pb::ObservedBlock block(std::uint64_t number, std::int64_t time,
                        std::vector<pb::ObservedTransfer> transfers, std::string_view fork,
                        std::string_view parent_fork) {
  pb::ObservedBlock out;
  out.set_number(number);
  out.set_hash(block_hash(number, fork));
  out.set_parent(block_hash(number - 1, parent_fork.empty() ? fork : parent_fork));
  out.set_time(time);
  for (pb::ObservedTransfer& transfer : transfers) *out.add_transfers() = std::move(transfer);
  return out;
}

pb::IdempotencyKey idempotency_key(std::string_view scope, std::string_view key,
                                   std::string_view body) {
  pb::IdempotencyKey out;
  out.set_scope(hash_of(scope).substr(0, 16));
  out.set_key_sha256(hash_of(key));
  out.set_fingerprint(hash_of(body));
  return out;
}

std::map<std::string, std::string> dump(const store::Reader& reader) {
  std::map<std::string, std::string> rows;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (key.front() != static_cast<char>(keys::Table::Operational)) rows.emplace(key, value);
    return true;
  };
  REQUIRE(reader.scan("", "\x7f", add).has_value());
  return rows;
}

BookFixture::BookFixture(FaultPlan plan, Book::Options options)
    : disk_(std::make_unique<FaultEnv>(plan)) {
  open(std::move(options));
}

void BookFixture::open(Book::Options options) {
  auto store = store::open_leveldb(directory_.path() / "book",
                                   {.cache_bytes = std::size_t{1} << 20U, .env = disk_.get()});
  REQUIRE(store.has_value());
  store_ = *std::move(store);
  auto book = Book::open(*store_, clock_, random_, std::move(options));
  REQUIRE(book.has_value());
  book_ = *std::move(book);
}

void BookFixture::reopen(Book::Options options) {
  disk_->cut_power();  // closing in order would sync what a loss of power takes
  book_.reset();
  store_.reset();
  disk_->lose_power();
  restart(std::move(options));
}

void BookFixture::restart(Book::Options options) {
  book_.reset();
  store_.reset();
  disk_ = std::make_unique<FaultEnv>(FaultPlan{});
  open(std::move(options));
}

pb::Reply BookFixture::must(pb::Command command) {
  const auto applied = book_->apply(std::move(command));
  if (!applied) FAIL(applied.error().reason << ": " << applied.error().detail);
  return applied->reply;
}

Error BookFixture::must_not(pb::Command command) {
  const auto applied = book_->apply(std::move(command));
  REQUIRE(!applied.has_value());
  return applied.error();
}

std::string BookFixture::set_up() {
  pb::OpenChain chain;
  chain.set_chain(std::string(kChain));
  chain.set_chain_id(8453);
  chain.set_native_currency("ETH");
  chain.mutable_start()->set_number(kStartBlock);
  chain.mutable_start()->set_hash(block_hash(kStartBlock));
  chain.mutable_start()->set_time(now_ms());
  ok(chain);
  pb::OpenSigner signer;
  signer.set_chain(std::string(kChain));
  signer.set_signer("hot");
  signer.set_address(address_of("hot"));
  for (const auto& [token, amount] : {std::pair{"USDC", "1000"}, std::pair{"ETH", "1"}}) {
    pb::OpeningBalance& balance = *signer.add_balances();
    balance.set_token(token);
    balance.set_currency(token);
    balance.set_amount(money(amount));
  }
  ok(signer);
  derive(10);
  return merchant("Shop");
}

std::string BookFixture::merchant(std::string_view name) {
  pb::CreateMerchant create;
  create.set_name(std::string(name));
  return ok(create).merchant().id();
}

void BookFixture::derive(std::uint32_t count) {
  const auto pool = read_record<pb::DepositPool>(*store_, keys::deposit_pool()).value();
  pb::AddDepositAddresses add;
  add.set_xpub_id("xpub");
  add.set_first_index(pool ? pool->added() : 0);
  for (std::uint32_t i = 0; i < count; ++i) {
    add.add_addresses(deposit_address(add.first_index() + i));
  }
  ok(add);
}

pb::Intent BookFixture::intent(const std::string& merchant, std::string_view amount) {
  return ok(create_intent(merchant, amount)).intent();
}

void BookFixture::see(std::vector<pb::ObservedBlock> blocks, std::uint64_t final_number) {
  pb::ObserveBlocks observe;
  observe.set_chain(std::string(kChain));
  observe.set_confirmations(kConfirmations);
  observe.set_final_number(final_number);
  for (pb::ObservedBlock& each : blocks) *observe.add_blocks() = std::move(each);
  ok(observe);
}

void BookFixture::mine(std::vector<pb::ObservedTransfer> transfers, std::uint64_t final_number) {
  see({block(chain().head().number() + 1, now_ms(), std::move(transfers))}, final_number);
}

void BookFixture::rewind(std::uint64_t to, std::string_view fork) {
  pb::RewindChain command;
  command.set_chain(std::string(kChain));
  command.set_to_number(to);
  command.set_to_hash(block_hash(to, fork));
  ok(command);
}

void BookFixture::fund(const std::string& merchant, std::string_view amount) {
  const pb::Intent made = intent(merchant, amount);
  const std::string log = "funds" + std::to_string(++funded_);
  const std::uint64_t next = chain().head().number() + 1;
  mine({paid(made.deposit_address(), amount, log)}, next);
}

pb::Chain BookFixture::chain() {
  return read_record<pb::Chain>(*store_, keys::chain(kChain)).value().value();
}

pb::Intent BookFixture::intent(const std::string& id) {
  return read_record<pb::Intent>(*store_, keys::intent(id)).value().value();
}

pb::Payout BookFixture::payout(const std::string& id) {
  return read_record<pb::Payout>(*store_, keys::payout(id)).value().value();
}

pb::Refund BookFixture::refund(const std::string& id) {
  return read_record<pb::Refund>(*store_, keys::refund(id)).value().value();
}

pb::Transfer BookFixture::transfer(std::string_view log) {
  const LogName name = log_name(log);
  const auto id = store_->get(keys::transfer_log(kChain, name.tx_hash, name.index)).value();
  INFO("transfer " << log);
  REQUIRE(id.has_value());
  return read_record<pb::Transfer>(*store_, keys::transfer(*id)).value().value();
}

std::string BookFixture::counters(std::string_view code) {
  const auto account = read_record<pb::Account>(*store_, keys::account(code)).value();
  if (!account) return "none";
  const pb::Counters& at = account->counters();
  return text_of(at.debits_posted()) + "/" + text_of(at.credits_posted()) + " " +
         text_of(at.debits_pending()) + "/" + text_of(at.credits_pending());
}

std::string BookFixture::balance(const std::string& merchant) {
  const auto code = chart::merchant(MerchantId::from_raw(merchant).to_string(), "USDC").code;
  const auto account = read_record<pb::Account>(*store_, keys::account(code)).value();
  const Balance at = balance_of(account.value_or(pb::Account{})).value();
  return at.available.to_string() + " " + at.pending.to_string() + " " + at.reserved.to_string();
}

std::vector<std::string> BookFixture::events(std::uint64_t after) {
  std::vector<std::string> types;
  const auto page = reports::events(*store_, {}, after, 10'000).value();
  for (const pb::Event& event : page.data) types.push_back(event.type());
  return types;
}

}  // namespace settled::tests
