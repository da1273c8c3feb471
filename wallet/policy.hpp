#pragma once

#include <cstdint>

#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/evm/transaction.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "wallet/signer.hpp"

namespace settled::wallet {

/// What the books say is to be paid: the yardstick that a transaction is held against.
struct ExpectedPayment {
  std::uint64_t chain_id = 0;
  chains::evm::Address token;
  chains::evm::Address payee;
  uint128 base_units = 0;
  std::uint64_t nonce = 0;
};

/// Refuses every transaction that is not exactly `token.transfer(payee, base_units)` on that chain
/// with that nonce, without ether and without an access list. Pure. Error: Rejected
/// `policy_violation`, whose `param` names the field: chain_id, nonce, to, value, access_list,
/// data, payee, amount.
Status check_payment(const chains::evm::Transaction& transaction, const ExpectedPayment& expected);

struct SignedPayment {
  Bytes raw;  ///< what `eth_sendRawTransaction` takes
  chains::evm::TxHash hash;
};

/// The only way by which a payment gets signed. The bytes that would be signed are decoded and
/// checked first; the signature is checked; the encoded result is decoded once more and its sender
/// and every field are compared. Errors: `policy_violation`, those of `Signer::sign`, and Internal
/// `signature_mismatch`; with any of them nothing signed is returned.
Result<SignedPayment> sign_payment(Signer& signer, const chains::evm::Transaction& transaction,
                                   const ExpectedPayment& expected);

}  // namespace settled::wallet
