#include "wallet/policy.hpp"

#include <string>
#include <utility>

#include "chains/evm/abi.hpp"

namespace settled::wallet {
namespace {

using chains::evm::Signature;
using chains::evm::SignedTransaction;
using chains::evm::Transaction;

std::unexpected<Error> violation(std::string field) {
  std::string detail = "the transaction's " + field + " is not that of the payout";
  return fail(Errc::Rejected, "policy_violation", std::move(detail), std::move(field));
}

std::unexpected<Error> mismatch() {
  return fail(Errc::Internal, "signature_mismatch",
              "the signed transaction does not decode to what was checked");
}

/// The transaction as a node will read it. Decoding does not judge the signature, so any will do to
/// see, before there is one, what exactly would be signed.
Result<Transaction> as_read_by_others(const Transaction& transaction) {
  Signature placeholder;
  placeholder.r.back() = 1;
  placeholder.s.back() = 1;
  TRY(SignedTransaction decoded,
      chains::evm::decode_signed(chains::evm::encode_signed(transaction, placeholder)));
  return std::move(decoded.transaction);
}

}  // namespace

Status check_payment(const Transaction& transaction, const ExpectedPayment& expected) {
  const bool chain_is_encodable =
      expected.chain_id != 0 && (transaction.kind != chains::evm::TransactionKind::Legacy ||
                                 expected.chain_id <= chains::evm::kMaxLegacyChainId);
  if (!chain_is_encodable || transaction.chain_id != expected.chain_id) {
    return violation("chain_id");
  }
  if (transaction.nonce != expected.nonce) return violation("nonce");
  if (transaction.to != expected.token) return violation("to");
  if (transaction.value != 0) return violation("value");
  if (!transaction.access_list.empty()) return violation("access_list");
  const auto call = chains::evm::decode_transfer(transaction.data);
  if (!call) return violation("data");
  if (expected.payee.is_zero() || call->to != expected.payee) return violation("payee");
  if (expected.base_units == 0 || call->amount != chains::evm::widen(expected.base_units)) {
    return violation("amount");
  }
  return {};
}

Result<SignedPayment> sign_payment(Signer& signer, const Transaction& transaction,
                                   const ExpectedPayment& expected) {
  // Also makes the transaction encodable, which requires a chain id.
  TRY_OK(check_payment(transaction, expected));
  TRY(const Transaction read, as_read_by_others(transaction));
  TRY_OK(check_payment(read, expected));

  const chains::evm::Hash digest = chains::evm::signing_digest(read);
  TRY(const Signature unchecked, signer.sign(digest));
  TRY(const Signature signature, checked_signature(unchecked, digest, signer.address()));

  Bytes raw = chains::evm::encode_signed(read, signature);
  const auto again = chains::evm::decode_signed(raw);
  if (!again || again->transaction != read) return mismatch();
  const auto from = chains::evm::sender(*again);
  if (!from || *from != signer.address()) return mismatch();
  const chains::evm::TxHash hash = chains::evm::hash_of(raw);
  return SignedPayment{.raw = std::move(raw), .hash = hash};
}

}  // namespace settled::wallet
