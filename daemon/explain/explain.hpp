#pragma once

#include <string>
#include <string_view>

#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "daemon/explain/scene.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"

/// Why a payment is where it is, in words and codes: what was seen, what was matched, what was not
/// and why, what happens next. Reads, decides nothing. Every function gives the text of
/// {"object":"explanation","about","kind","summary","findings":[{"code","detail",...}],
///  "next":[...],"transfers":[...],"payment_intents":[...],"payouts":[...],"chains":[...]}.
namespace settled::daemon::explain {

/// Of the books' transfers of that transaction and of what the chains' nodes tell of it, also where
/// it is nobody's.
Result<std::string> transaction(const Scene& scene, const chains::evm::TxHash& hash);

/// Of an address: whose it is, and what came to it.
Result<std::string> address(const Scene& scene, const chains::evm::Address& address);

/// Of an object, by its id as text: an intent, a transfer, a payout, a refund. Error: NotFound
/// `not_found`, for what the viewer does not see too.
Result<std::string> object(const Scene& scene, std::string_view id);

}  // namespace settled::daemon::explain
