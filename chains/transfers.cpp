#include "chains/transfers.hpp"

#include <algorithm>

#include "chains/evm/abi.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/hex.hpp"

namespace settled::chains {
namespace {

bool fits(const Result<uint128>& base_units, int decimals) {
  return base_units && Amount::from_base_units(*base_units, decimals);
}

}  // namespace

Result<std::optional<SeenTransfer>> transfer_of(const rpc::Log& log,
                                                const std::vector<TokenSettings>& tokens,
                                                const Wanted& wanted) {
  const auto token = std::ranges::find(tokens, log.address, &TokenSettings::address);
  if (token == tokens.end()) return std::nullopt;
  const auto event = evm::decode_transfer_event(log.topics, log.data);
  if (!event || !wanted(event->from, event->to)) return std::nullopt;
  const Result<uint128> base_units = evm::narrow(event->value);
  if (!fits(base_units, token->decimals)) {
    return fail(Errc::Corrupt, "transfer_too_large",
                "a transfer of " + token->symbol + " in transaction " + to_0x(log.tx_hash.view()) +
                    " is larger than any amount");
  }
  return SeenTransfer{.token = &*token,
                      .tx_hash = log.tx_hash,
                      .log_index = log.log_index,
                      .from = event->from,
                      .to = event->to,
                      .base_units = *base_units};
}

}  // namespace settled::chains
