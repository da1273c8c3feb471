#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "chains/evm/abi.hpp"
#include "chains/evm/address.hpp"

namespace settled::config {

/// A stablecoin's contract on a chain, as its issuer published it, so that a settings file need
/// only name it.
struct IssuedToken {
  std::uint64_t chain_id = 0;
  std::string_view symbol;   ///< and currency: "USDC", "USDT", "EURC", "PYUSD", "DAI"
  std::string_view address;  ///< with its EIP-55 checksum
  int decimals = 0;
  std::string_view contract_symbol;    ///< what `symbol()` answers; issuers differ: "USDt"
  bool eip3009 = false;                ///< transferWithAuthorization
  bool eip2612 = false;                ///< permit(owner, spender, value, deadline, v, r, s)
  std::string_view frozen_check = {};  ///< "isBlacklisted(address)" -> bool; empty: cannot freeze
};

/// A token that goes by the name of an issued one without being it: bridged, wrapped or pegged by
/// somebody else, who alone owes what it is worth.
struct OtherToken {
  std::uint64_t chain_id = 0;
  std::string_view name;  ///< fit for `symbol` and `currency`
  std::string_view address;
  int decimals = 0;
  std::string_view maker;  ///< who owes it
};

std::span<const IssuedToken> issued_tokens();
std::span<const OtherToken> other_tokens();

/// Null where the registry has none. Symbols as they are written here, addresses as bytes.
const IssuedToken* find_issued(std::uint64_t chain_id, std::string_view symbol);
const IssuedToken* find_issued(std::uint64_t chain_id, const chains::evm::Address& address);
const OtherToken* find_other(std::uint64_t chain_id, const chains::evm::Address& address);

/// The issued symbol that a name means to people, whatever its case; empty where it means none.
std::string_view issued_symbol(std::string_view name);

/// REQUIRES: an address of this registry.
chains::evm::Address address_of(std::string_view registered);

/// Of the function that tells whether the issuer has frozen an address; it takes the address and
/// returns a bool. Nothing where the token cannot freeze.
std::optional<chains::evm::Selector> frozen_selector(const IssuedToken& token);

}  // namespace settled::config
