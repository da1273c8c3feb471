#pragma once

#include <string>

#include "daemon/api/api.hpp"
#include "daemon/json/fields.hpp"
#include "ledger/commands.pb.h"
#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"

/// What payouts and refunds have in common, so that no rule of the one can be got around by the
/// other.
namespace settled::daemon::api {

/// Money that is to leave, in the client's words.
struct PayoutWish {
  std::string merchant;  ///< raw id
  Amount amount;
  std::string currency;
  std::string chain;
  std::string token;  ///< empty: the only one of the currency
  std::string destination;
};

/// Reads `amount`, `chain`, `token`, `destination`.
Result<PayoutWish> read_payout_wish(json::Fields& fields);

/// The command for it: who signs, which token contract, how many approvals. `created_by`: API key.
/// Errors, in this order: Rejected `invalid_destination`; Invalid `amount_too_large`; Rejected
/// `amount_over_limit`, `unknown_currency`, `unknown_chain`, `token_not_available`,
/// `ambiguous_token`; Invalid `amount_too_precise`; Rejected `no_signer`.
Result<ledger::pb::RequestPayout> payout_request(const Settings& settings, PayoutWish wish,
                                                 const std::string& created_by);

}  // namespace settled::daemon::api
