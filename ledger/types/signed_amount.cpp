#include "ledger/types/signed_amount.hpp"

namespace settled {

Result<SignedAmount> SignedAmount::plus(SignedAmount other) const {
  if (negative_ != other.negative_) {
    return negative_ ? between(other.size_, size_) : between(size_, other.size_);
  }
  TRY(const Amount size, size_.plus(other.size_));
  return of(size, negative_);
}

std::string SignedAmount::to_string() const {
  return (negative_ ? "-" : "") + size_.to_string();
}

}  // namespace settled
