#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/types/bytes.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

/// The keys of every stored record, in one place. FORMAT.md gives the same as a grammar.
namespace settled::ledger::keys {

/// The first byte of every key. Lower-case tables are indexes that can be rebuilt from the others.
enum class Table : char {
  Account = 'A',
  Block = 'B',
  Chain = 'C',
  DepositAddress = 'D',
  Entry = 'E',
  Hold = 'H',
  Intent = 'I',
  Idempotency = 'K',
  Log = 'L',
  Meta = 'M',
  Operational = 'O',  ///< outside the log: owned by the daemon's modules
  Tree = 'N',         ///< hashes of the log's Merkle tree: derived, outside the log
  Payout = 'P',
  Period = 'Q',
  Refund = 'R',
  Signer = 'S',
  Transfer = 'T',
  Event = 'V',
  Endpoint = 'W',
  Merchant = 'X',
  ApiKey = 'Y',
  AccountHistory = 'a',
  MerchantRefund = 'b',
  IntentRefund = 'c',
  DepositIndex = 'd',
  Expiry = 'e',
  HoldExpiry = 'f',
  ApiKeySecret = 'h',
  MerchantIntent = 'i',
  MerchantPayout = 'p',
  OpenPayout = 'q',
  EntryReference = 'r',
  SignerAddress = 's',
  MerchantTransfer = 't',
  TransferLog = 'u',
  MerchantEvent = 'v',
  EventId = 'w',
  AttemptHash = 'x',
  MerchantEndpoint = 'y',
  UnfinalTransfer = 'z',
};

/// Appends fields to a key: fixed bytes as they are, integers big-endian, names ended by a zero
/// byte (names hold none: they are checked where they enter).
class Key {
 public:
  explicit Key(Table table) : text_(1, static_cast<char>(table)) {}
  Key& bytes(std::string_view raw) {
    text_.append(raw);
    return *this;
  }
  Key& name(std::string_view text) {
    text_.append(text).push_back('\0');
    return *this;
  }
  Key& u64(std::uint64_t value);
  Key& u32(std::uint32_t value);
  Key& time(Time value) { return u64(static_cast<std::uint64_t>(to_ms(value))); }
  /// Takes the string out of it.
  // NOLINTNEXTLINE(google-explicit-constructor): a Key is a string under construction.
  operator std::string() { return std::move(text_); }

 private:
  std::string text_;
};

/// REQUIRES: eight bytes at `at`.
std::uint64_t read_u64(std::string_view key, std::size_t at);
/// The number in the last eight bytes of a key that has `at` bytes before them, and
/// the id in the last sixteen. Error: Corrupt `corrupt_record`, where the key is of another size.
Result<std::uint64_t> last_u64(std::string_view key, std::size_t at);
Result<std::string_view> last_id(std::string_view key, std::size_t at);
void append_u64(std::string& out, std::uint64_t value);

std::string head();
std::string deposit_pool();
std::string format_version();
std::string format_1_until();  ///< u64: the last log record of format 1; absent where there is none
std::string log(std::uint64_t sequence);
std::string account(std::string_view code);
std::string account_history(std::string_view code);  ///< prefix of all of an account's
std::string account_history(std::string_view code, Time time, std::uint64_t entry_sequence);
std::string block(std::string_view chain);  ///< prefix
std::string block(std::string_view chain, std::uint64_t number);
std::string chain(std::string_view name);
std::string deposit_address(std::string_view address);
std::string deposit_index(std::uint32_t index);
std::string entry(std::string_view id);
std::string hold(std::string_view entry_id);
std::string hold_expiry(Time due, std::string_view entry_id);
std::string entry_reference(std::string_view reference);
std::string intent(std::string_view id);
std::string merchant_intent(std::string_view merchant, std::string_view id);
std::string expiry(Time due, std::string_view intent);
std::string idempotency(std::string_view scope, std::string_view key_sha256);
std::string payout(std::string_view id);
std::string period(std::uint64_t number);
std::string refund(std::string_view id);
std::string merchant_refund(std::string_view merchant, std::string_view id);
std::string intent_refund(std::string_view intent, std::string_view id);
std::string tree(std::uint8_t level, std::uint64_t tile);
std::string merchant_payout(std::string_view merchant, std::string_view id);
std::string open_payouts(std::string_view chain, std::string_view signer);  ///< prefix
std::string open_payout(std::string_view chain, std::string_view signer, std::string_view id);
std::string attempt_hash(std::string_view chain, std::string_view tx_hash);
std::string signer(std::string_view chain, std::string_view name);
std::string signer_address(std::string_view chain, std::string_view address);
std::string transfer(std::string_view id);
std::string merchant_transfer(std::string_view merchant, std::string_view id);
std::string transfer_log(std::string_view chain, std::string_view tx_hash, std::uint32_t log_index);
std::string unfinal_transfers(std::string_view chain, std::uint64_t from_block);
std::string unfinal_transfer(std::string_view chain, std::uint64_t block, std::string_view id);
std::string event(std::uint64_t sequence);
std::string merchant_event(std::string_view merchant, std::uint64_t sequence);
std::string event_id(std::string_view id);
std::string endpoint(std::string_view id);
std::string merchant_endpoint(std::string_view merchant, std::string_view id);
std::string merchant(std::string_view id);
std::string api_key(std::string_view id);
std::string api_key_secret(std::string_view secret_sha256);

}  // namespace settled::ledger::keys
