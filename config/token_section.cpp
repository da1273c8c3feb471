#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "chains/evm/address.hpp"
#include "config/sections.hpp"
#include "config/token_registry.hpp"

namespace settled::config {
namespace {

using chains::TokenSettings;

constexpr std::size_t kMaxContractSymbol = 64;
constexpr std::string_view kOwnNames = ": it needs a symbol and a currency of its own";

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

void read_address(TableReader& reader, Presence presence, TokenSettings& token) {
  const auto text = reader.text("address", presence);
  if (!text) return;
  const auto address = chains::evm::parse_address(*text);
  if (!address) {
    reader.refuse("address", "is not an address: " + address.error().detail);
  } else if (address->is_zero()) {
    reader.refuse("address", "is the zero address");
  } else {
    token.address = *address;
  }
}

void read_contract_symbol(TableReader& reader, TokenSettings& token) {
  auto text = reader.text("contract_symbol");
  if (!text) return;
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; };
  if (text->size() > kMaxContractSymbol || std::ranges::any_of(*text, is_control)) {
    reader.refuse("contract_symbol", "must be 1 to 64 bytes without control characters");
    return;
  }
  token.contract_symbol = *std::move(text);
}

void refuse_address(TableReader& reader, const IssuedToken& issued, const TokenSettings& token) {
  std::string what = "is another token";
  if (const OtherToken* other = find_other(issued.chain_id, token.address)) {
    what = "is " + std::string(other->name) + ", " + std::string(other->maker);
  }
  if (const IssuedToken* another = find_issued(issued.chain_id, token.address)) {
    what = "is " + std::string(another->symbol);
  }
  reader.refuse("address", what + ", and not " + std::string(issued.symbol) + " at " +
                               std::string(issued.address) + std::string(kOwnNames));
}

/// What the registry has under a symbol is not contradicted by the other keys.
void check_issued(TableReader& reader, const IssuedToken& issued, const TokenSettings& token) {
  if (token.decimals != issued.decimals) {
    reader.refuse("decimals", "must be " + std::to_string(issued.decimals) + " for " +
                                  std::string(issued.symbol) + ", not " +
                                  std::to_string(token.decimals));
  }
  if (token.eip3009 && !issued.eip3009) {
    reader.refuse("eip3009", "must be false: " + std::string(issued.symbol) +
                                 " on this chain has no transferWithAuthorization");
  }
}

/// The name of an issued token, under `symbol` or `currency`, belongs to that token alone.
void check_claim(TableReader& reader, std::string_view key, std::string_view name,
                 const TokenSettings& token, std::uint64_t chain_id) {
  const std::string_view claimed = issued_symbol(name);
  if (claimed.empty()) return;
  if (const OtherToken* other = find_other(chain_id, token.address)) {
    reader.refuse(key, "cannot be " + in_quotes(name) + ": the address is " +
                           std::string(other->name) + ", " + std::string(other->maker) +
                           std::string(kOwnNames));
    return;
  }
  if (const IssuedToken* issued = find_issued(chain_id, token.address)) {
    if (issued->symbol == claimed) return;
    reader.refuse(
        key, "cannot be " + in_quotes(name) + ": the address is " + std::string(issued->symbol));
    return;
  }
  if (const IssuedToken* real = find_issued(chain_id, claimed)) {
    reader.refuse(key, "cannot be " + in_quotes(name) + ": " + std::string(claimed) +
                           " on this chain is at " + std::string(real->address) +
                           std::string(kOwnNames));
  }
}

/// Decimals that the registry knows are not left to the check at start.
void check_decimals(TableReader& reader, const TokenSettings& token, std::uint64_t chain_id) {
  std::optional<int> known;
  if (const OtherToken* other = find_other(chain_id, token.address)) known = other->decimals;
  if (const IssuedToken* issued = find_issued(chain_id, token.address)) known = issued->decimals;
  if (!known || *known == token.decimals) return;
  reader.refuse("decimals", "must be " + std::to_string(*known) + " for the token at this address" +
                                ", not " + std::to_string(token.decimals));
}

TokenSettings read_token(const Context& context, const Value& table, std::uint64_t chain_id) {
  TableReader reader(context.problems, table, "[[chain.token]]");
  TokenSettings token;
  token.symbol = read_name(reader, "symbol", Presence::Required);
  const IssuedToken* issued = find_issued(chain_id, token.symbol);
  const Presence presence = issued == nullptr ? Presence::Required : Presence::Optional;
  if (issued != nullptr) {
    token.currency = issued->symbol;
    token.address = address_of(issued->address);
    token.decimals = issued->decimals;
    token.eip3009 = issued->eip3009;
    token.contract_symbol = issued->contract_symbol;
  }
  token.currency = read_name(reader, "currency", presence, token.currency);
  read_address(reader, presence, token);
  const auto decimals = reader.integer("decimals", 0, 18, presence);
  if (decimals) token.decimals = static_cast<int>(*decimals);
  token.eip3009 = reader.boolean("eip3009").value_or(token.eip3009);
  read_contract_symbol(reader, token);

  if (token.address.is_zero()) return token;
  if (issued != nullptr && token.address != address_of(issued->address)) {
    refuse_address(reader, *issued, token);
    return token;
  }
  if (issued != nullptr) {
    check_issued(reader, *issued, token);
  } else {
    check_claim(reader, "symbol", token.symbol, token, chain_id);
    if (decimals) check_decimals(reader, token, chain_id);
  }
  check_claim(reader, "currency", token.currency, token, chain_id);
  return token;
}

}  // namespace

void read_tokens(const Context& context, TableReader& reader, chains::ChainSettings& chain) {
  for (const Value* table : reader.tables("token")) {
    TokenSettings token = read_token(context, *table, chain.chain_id);
    for (const TokenSettings& other : chain.tokens) {
      if (!token.symbol.empty() && other.symbol == token.symbol) {
        context.problems.add(table->line, "symbol \"" + token.symbol +
                                              "\" is used twice in [[chain.token]] of chain \"" +
                                              chain.name + "\"");
      }
      if (!token.address.is_zero() && other.address == token.address) {
        context.problems.add(table->line, "address " + chains::evm::to_checksum(token.address) +
                                              " is used twice in [[chain.token]] of chain \"" +
                                              chain.name + "\"");
      }
    }
    chain.tokens.push_back(std::move(token));
  }
}

}  // namespace settled::config
