#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "ledger/entry_proof.hpp"
#include "ledger/proof/note.hpp"
#include "ledger/types/result.hpp"

/// The file that a merchant keeps: an entry's proof as JSON.
namespace settled::daemon::receipt {

/// {"object":"receipt","id","entry","entry_path","leaf","leaf_path","checkpoint","key"}. `entry` is
/// the stored record in base64, hashes are hex, `checkpoint` is the signed note.
nlohmann::ordered_json to_json(const ledger::EntryProof& proof, const proof::VerifierKey& key);

struct Receipt {
  ledger::EntryProof proof;
  proof::VerifierKey key;  ///< whose signature it claims: to be trusted by other means
};
inline constexpr std::size_t kLargestReceipt = std::size_t{1} << 20U;
/// Accepts what `to_json` gives, whatever the white space. Errors, all Invalid: `invalid_receipt`,
/// those of `json::parse_strict` and `json::Fields`.
Result<Receipt> parse(std::string_view text);

}  // namespace settled::daemon::receipt
