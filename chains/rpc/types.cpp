#include "chains/rpc/types.hpp"

namespace settled::chains::rpc {

Result<uint128> Receipt::fee() const {
  TRY(const uint128 price, evm::narrow(effective_gas_price));
  TRY(const uint128 data_fee, evm::narrow(l1_fee));
  uint128 out = 0;
  if (__builtin_mul_overflow(price, uint128{gas_used}, &out) ||
      __builtin_add_overflow(out, data_fee, &out)) {
    return fail(Errc::Invalid, "amount_too_large", "the fee of a transaction does not fit");
  }
  return out;
}

}  // namespace settled::chains::rpc
