#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "ledger/types/bytes.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::receipt {

/// What a merchant keeps of a transfer whose block was proven. What the proof proves is read from
/// its bytes by `chains::proof::verify_transfer_proof`; the rest is the daemon's word.
struct TransferReceipt {
  TransferId id;
  std::string chain;
  std::uint64_t chain_id = 0;
  Bytes proof;
};

/// {"object":"transfer_proof","id","chain","chain_id","proof"}, the proof in base64.
nlohmann::ordered_json to_json(const TransferReceipt& receipt);

/// Accepts what `to_json` gives, whatever the white space. Errors as of `parse` (receipt.hpp).
Result<TransferReceipt> parse_transfer(std::string_view text);

/// Which of the two a file is, as far as its `object` tells: "receipt", "transfer_proof".
/// Error: Invalid `invalid_receipt` where it is neither, those of `json::parse_strict`.
Result<std::string> kind_of(std::string_view text);

}  // namespace settled::daemon::receipt
