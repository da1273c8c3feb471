#include "daemon/deposits/swept_blocks.hpp"

#include <utility>

#include "ledger/keys.hpp"
#include "ledger/records.pb.h"
#include "ledger/state.hpp"

namespace settled::daemon::deposits {
namespace {

namespace pb = ledger::pb;
using chains::evm::Address;
using ledger::keys::append_u64;
using ledger::keys::read_u64;

constexpr char kToken = 't';
constexpr char kSigner = 's';
constexpr std::size_t kNumberBytes = sizeof(std::uint64_t);
constexpr std::size_t kNameBytes = 1 + Address::kSize;
constexpr std::size_t kFollowedBytes = kNameBytes + kNumberBytes;

std::string name_of(char kind, const Address& address) {
  return kind + address.raw();
}

std::unexpected<Error> no_use(std::string detail) {
  return fail(Errc::Corrupt, "corrupt_record", std::move(detail));
}

}  // namespace

SweptBlocks::SweptBlocks(ledger::store::Store& store, const chains::ChainSettings& settings,
                         const std::vector<Address>& signers, Log log)
    : store_(store), settings_(settings), log_(std::move(log)) {
  for (const chains::TokenSettings& token : settings_.tokens) {
    followed_.push_back(name_of(kToken, token.address));
  }
  for (const Address& signer : signers) followed_.push_back(name_of(kSigner, signer));
}

chains::LaterSweep::Books SweptBlocks::books() {
  return {.swept = [this](std::uint64_t head) { return begin(head); },
          .have = [this](std::uint64_t number,
                         const chains::SeenTransfer& transfer) { return have(number, transfer); },
          .reached = [this](std::uint64_t number) { return reached(number); }};
}

std::string SweptBlocks::row_of(std::string_view chain) {
  return ledger::keys::Key(ledger::keys::Table::Operational)
      .name("deposits")
      .name("swept")
      .bytes(chain);
}

Result<std::optional<SweptBlocks::Row>> SweptBlocks::read(std::uint64_t head) const {
  TRY(const auto value, store_.get(row_of(settings_.name)));
  if (!value) return std::nullopt;
  if (value->size() < kNumberBytes || (value->size() - kNumberBytes) % kFollowedBytes != 0) {
    return no_use("it has " + std::to_string(value->size()) + " bytes");
  }
  TRY(const auto chain,
      ledger::read_record<pb::Chain>(store_, ledger::keys::chain(settings_.name)));
  if (!chain) return no_use("the books do not know the chain");
  Row row{.number = read_u64(*value, 0)};
  if (row.number < chain->start_number() || row.number > head) {
    return no_use("it tells of block " + std::to_string(row.number) + ", and the books hold " +
                  std::to_string(chain->start_number()) + " to " + std::to_string(head));
  }
  for (std::size_t at = kNumberBytes; at < value->size(); at += kFollowedBytes) {
    const char kind = (*value)[at];
    const std::uint64_t since = read_u64(*value, at + kNameBytes);
    const bool known = kind == kToken || kind == kSigner;
    if (!known || since > head || !row.since.emplace(value->substr(at, kNameBytes), since).second) {
      return no_use("it tells what is not so of a token or a signer");
    }
  }
  return row;
}

Result<std::uint64_t> SweptBlocks::begin(std::uint64_t head) {
  const std::string of = " of chain " + settings_.name;
  auto stored = read(head);
  if (!stored) {
    // What cannot be read now may be a good row, which must not be written over.
    if (stored.error().code == Errc::Unavailable) return std::unexpected(stored.error());
    log_("the row that tells how far the later sweep" + of + " has come is of no use, " +
         stored.error().detail + ": blocks up to " + std::to_string(head) +
         " are not read a second time");
  }
  Row before{.number = head};
  if (stored && *stored) before = **std::move(stored);
  row_ = {.number = before.number};
  if (head - row_.number > chains::LaterSweep::kMostBlocks) {
    row_.number = head - chains::LaterSweep::kMostBlocks;
    log_("the later sweep" + of + " is too far behind: blocks " +
         std::to_string(before.number + 1) + " to " + std::to_string(row_.number) +
         " are not read a second time");
  }
  for (const std::string& name : followed_) {
    const auto at = before.since.find(name);
    row_.since.emplace(name, at == before.since.end() ? head : at->second);
  }
  write();
  return row_.number;
}

bool SweptBlocks::reached(std::uint64_t number) {
  row_.number = number;
  return write();
}

bool SweptBlocks::write() const {
  std::string value;
  append_u64(value, row_.number);
  for (const auto& [name, since] : row_.since) {
    value += name;
    append_u64(value, since);
  }
  ledger::store::Batch batch;
  batch.put(row_of(settings_.name), value);
  const Status written = store_.write(batch, ledger::store::Durability::Written);
  if (!written) {
    log_("how far the later sweep of chain " + settings_.name +
         " has come is not noted: " + written.error().reason + ": " + written.error().detail);
  }
  return written.has_value();
}

bool SweptBlocks::followed(char kind, const Address& address, std::uint64_t number) const {
  const auto at = row_.since.find(name_of(kind, address));
  return at != row_.since.end() && at->second < number;
}

Result<bool> SweptBlocks::is_deposit_address(const Address& address) const {
  TRY(const auto row, store_.get(ledger::keys::deposit_address(address.raw())));
  return row.has_value();
}

Result<bool> SweptBlocks::have(std::uint64_t number, const chains::SeenTransfer& transfer) const {
  // Neither is ever taken into the books.
  if (transfer.base_units == 0 || transfer.from == transfer.to) return true;
  if (!followed(kToken, transfer.token->address, number)) return true;
  TRY(const bool to_deposit, is_deposit_address(transfer.to));
  TRY(const bool from_deposit, is_deposit_address(transfer.from));
  const bool by_signer =
      followed(kSigner, transfer.to, number) || followed(kSigner, transfer.from, number);
  if (!to_deposit && !from_deposit && !by_signer) return true;
  TRY(const auto id, store_.get(ledger::keys::transfer_log(settings_.name, transfer.tx_hash.raw(),
                                                           transfer.log_index)));
  if (!id) return false;
  TRY(const auto known, ledger::read_record<pb::Transfer>(store_, ledger::keys::transfer(*id)));
  if (!known) return no_use("an index names a transfer that the books do not hold");
  return known->status() != pb::REVERSED;
}

}  // namespace settled::daemon::deposits
