#pragma once

#include <cstdint>
#include <string>

#include "chains/evm/address.hpp"
#include "ledger/types/amount.hpp"

namespace settled::chains::evm {

/// What wallets open and QR codes hold: a request to call the token's `transfer` (ERC-681).
/// The chain is always named, since a wallet would otherwise pay on the one it happens to be on,
/// and the amount is in the token's base units, without the exponent that some wallets misread.
std::string payment_uri(const Address& token, std::uint64_t chain_id, const Address& to,
                        uint128 base_units);

}  // namespace settled::chains::evm
