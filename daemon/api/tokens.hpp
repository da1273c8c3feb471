#pragma once

#include <string>
#include <string_view>

#include "daemon/api/api.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"

/// What the settings say about chains and tokens, asked in the API's words. Pure.
namespace settled::daemon::api {

/// The most that one intent or payout may be about, far above any and far below what sums can hold.
inline constexpr std::string_view kMaxAmount = "1000000000000";

/// Error: Invalid `amount_too_large`.
Status check_amount(Amount amount);
/// Error: Rejected `unknown_currency` where no token of any chain is of the currency.
Status check_currency(const Settings& settings, std::string_view currency);
/// Null where there is none.
const chains::ChainSettings* find_chain(const Settings& settings, std::string_view name);
/// Error: Invalid `amount_too_precise` where the token's decimals cannot express the amount.
Status check_expressible(Amount amount, const chains::TokenSettings& token);

/// The token of a payout: the named one, or the only one of that currency on the chain. Errors:
/// Rejected `token_not_available`, `ambiguous_token`.
Result<const chains::TokenSettings*> token_for(const chains::ChainSettings& chain,
                                               std::string_view currency, std::string_view token);
/// The first signer of payouts on the chain. Error: Rejected `no_signer`.
Result<std::string> signer_for(const Settings& settings, const std::string& chain);

}  // namespace settled::daemon::api
