#include "ledger/keys.hpp"

#include <bit>
#include <cstring>

namespace settled::ledger::keys {

namespace {

template <typename Number>
void append_big_endian(std::string& out, Number value) {
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

}  // namespace

void append_u64(std::string& out, std::uint64_t value) {
  append_big_endian(out, value);
}

Key& Key::u64(std::uint64_t value) {
  append_big_endian(text_, value);
  return *this;
}

Key& Key::u32(std::uint32_t value) {
  append_big_endian(text_, value);
  return *this;
}

std::uint64_t read_u64(std::string_view key, std::size_t at) {
  INVARIANT(key.size() >= at + 8);
  std::uint64_t value = 0;
  for (const char c : key.substr(at, 8)) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

namespace {

Status check_size(std::string_view key, std::size_t size) {
  if (key.size() == size) return {};
  return fail(Errc::Corrupt, "corrupt_record", "a stored key is not of its table's size");
}

}  // namespace

Result<std::uint64_t> last_u64(std::string_view key, std::size_t at) {
  TRY_OK(check_size(key, at + sizeof(std::uint64_t)));
  return read_u64(key, at);
}

Result<std::string_view> last_id(std::string_view key, std::size_t at) {
  TRY_OK(check_size(key, at + IdBytes::kSize));
  return key.substr(at);
}

std::string head() {
  return Key(Table::Meta).bytes("head");
}
std::string deposit_pool() {
  return Key(Table::Meta).bytes("deposits");
}
std::string format_version() {
  return Key(Table::Meta).bytes("format");
}
std::string format_1_until() {
  return Key(Table::Meta).bytes("format_1_until");
}
std::string log(std::uint64_t sequence) {
  return Key(Table::Log).u64(sequence);
}
std::string account(std::string_view code) {
  return Key(Table::Account).bytes(code);
}
std::string account_history(std::string_view code) {
  return Key(Table::AccountHistory).name(code);
}
std::string account_history(std::string_view code, Time time, std::uint64_t entry_sequence) {
  return Key(Table::AccountHistory).name(code).time(time).u64(entry_sequence);
}
std::string block(std::string_view chain) {
  return Key(Table::Block).name(chain);
}
std::string block(std::string_view chain, std::uint64_t number) {
  return Key(Table::Block).name(chain).u64(number);
}
std::string chain(std::string_view name) {
  return Key(Table::Chain).bytes(name);
}
std::string deposit_address(std::string_view address) {
  return Key(Table::DepositAddress).bytes(address);
}
std::string deposit_index(std::uint32_t index) {
  return Key(Table::DepositIndex).u32(index);
}
std::string entry(std::string_view id) {
  return Key(Table::Entry).bytes(id);
}
std::string hold(std::string_view entry_id) {
  return Key(Table::Hold).bytes(entry_id);
}
std::string intent(std::string_view id) {
  return Key(Table::Intent).bytes(id);
}
std::string merchant_intent(std::string_view merchant, std::string_view id) {
  return Key(Table::MerchantIntent).bytes(merchant).bytes(id);
}
std::string expiry(Time due, std::string_view intent) {
  return Key(Table::Expiry).time(due).bytes(intent);
}
std::string idempotency(std::string_view scope, std::string_view key_sha256) {
  return Key(Table::Idempotency).bytes(scope).bytes(key_sha256);
}
std::string payout(std::string_view id) {
  return Key(Table::Payout).bytes(id);
}
std::string merchant_payout(std::string_view merchant, std::string_view id) {
  return Key(Table::MerchantPayout).bytes(merchant).bytes(id);
}
std::string open_payouts(std::string_view chain, std::string_view signer) {
  return Key(Table::OpenPayout).name(chain).name(signer);
}
std::string open_payout(std::string_view chain, std::string_view signer, std::string_view id) {
  return Key(Table::OpenPayout).name(chain).name(signer).bytes(id);
}
std::string attempt_hash(std::string_view chain, std::string_view tx_hash) {
  return Key(Table::AttemptHash).name(chain).bytes(tx_hash);
}
std::string signer(std::string_view chain, std::string_view name) {
  return Key(Table::Signer).name(chain).name(name);
}
std::string signer_address(std::string_view chain, std::string_view address) {
  return Key(Table::SignerAddress).name(chain).bytes(address);
}
std::string transfer(std::string_view id) {
  return Key(Table::Transfer).bytes(id);
}
std::string merchant_transfer(std::string_view merchant, std::string_view id) {
  return Key(Table::MerchantTransfer).bytes(merchant).bytes(id);
}
std::string transfer_log(std::string_view chain, std::string_view tx_hash,
                         std::uint32_t log_index) {
  return Key(Table::TransferLog).name(chain).bytes(tx_hash).u32(log_index);
}
std::string unfinal_transfers(std::string_view chain, std::uint64_t from_block) {
  return Key(Table::UnfinalTransfer).name(chain).u64(from_block);
}
std::string unfinal_transfer(std::string_view chain, std::uint64_t block, std::string_view id) {
  return Key(Table::UnfinalTransfer).name(chain).u64(block).bytes(id);
}
std::string event(std::uint64_t sequence) {
  return Key(Table::Event).u64(sequence);
}
std::string merchant_event(std::string_view merchant, std::uint64_t sequence) {
  return Key(Table::MerchantEvent).bytes(merchant).u64(sequence);
}
std::string event_id(std::string_view id) {
  return Key(Table::EventId).bytes(id);
}
std::string endpoint(std::string_view id) {
  return Key(Table::Endpoint).bytes(id);
}
std::string merchant_endpoint(std::string_view merchant, std::string_view id) {
  return Key(Table::MerchantEndpoint).bytes(merchant).bytes(id);
}
std::string merchant(std::string_view id) {
  return Key(Table::Merchant).bytes(id);
}
std::string api_key(std::string_view id) {
  return Key(Table::ApiKey).bytes(id);
}
std::string api_key_secret(std::string_view secret_sha256) {
  return Key(Table::ApiKeySecret).bytes(secret_sha256);
}

std::string hold_expiry(Time due, std::string_view entry_id) {
  return Key(Table::HoldExpiry).time(due).bytes(entry_id);
}
std::string entry_reference(std::string_view reference) {
  return Key(Table::EntryReference).bytes(reference);
}
std::string period(std::uint64_t number) {
  return Key(Table::Period).u64(number);
}
std::string refund(std::string_view id) {
  return Key(Table::Refund).bytes(id);
}
std::string merchant_refund(std::string_view merchant, std::string_view id) {
  return Key(Table::MerchantRefund).bytes(merchant).bytes(id);
}
std::string intent_refund(std::string_view intent, std::string_view id) {
  return Key(Table::IntentRefund).bytes(intent).bytes(id);
}
std::string tree(std::uint8_t level, std::uint64_t tile) {
  return Key(Table::Tree).bytes(std::string(1, static_cast<char>(level))).u64(tile);
}

}  // namespace settled::ledger::keys
