#pragma once

#include "chains/evm/address.hpp"
#include "ledger/types/bytes.hpp"

namespace settled::chains::evm::tests {

/// The account of a private key of 32 bytes; the product's keys live in the wallet.
Address account_of(BytesView private_key);

}  // namespace settled::chains::evm::tests
