#include "daemon/receipt/transfer_receipt.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/json/fields.hpp"
#include "daemon/json/parse.hpp"
#include "daemon/receipt/receipt.hpp"
#include "ledger/types/hex.hpp"

namespace settled::daemon::receipt {
namespace {

constexpr std::string_view kObject = "transfer_proof";
constexpr std::size_t kLongestText = 256;

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_receipt", std::move(detail));
}

Result<nlohmann::json> document_of(std::string_view text) {
  if (text.size() > kLargestReceipt) return invalid("a receipt is smaller than 1 MiB");
  return json::parse_strict(text);
}

}  // namespace

nlohmann::ordered_json to_json(const TransferReceipt& receipt) {
  return {{"object", kObject},
          {"id", receipt.id.to_string()},
          {"chain", receipt.chain},
          {"chain_id", receipt.chain_id},
          {"proof", to_base64(receipt.proof)}};
}

Result<TransferReceipt> parse_transfer(std::string_view text) {
  TRY(const nlohmann::json document, document_of(text));
  json::Fields fields(document);
  TRY(const std::string object, fields.text("object", kLongestText));
  if (object != kObject) return invalid("`object` is not \"transfer_proof\"");
  TransferReceipt out;
  TRY(const std::string id, fields.text("id", kLongestText));
  const auto parsed = TransferId::parse(id);
  if (!parsed || parsed->to_string() != id) return invalid("`id` is not a transfer's");
  out.id = *parsed;
  TRY(out.chain, fields.text("chain", kLongestText));
  TRY(const std::int64_t chain_id, fields.integer("chain_id", 1, INT64_MAX));
  out.chain_id = static_cast<std::uint64_t>(chain_id);
  TRY(const std::string proof, fields.text("proof", kLargestReceipt));
  auto bytes = from_base64(proof);
  if (!bytes || to_base64(*bytes) != proof) return invalid("`proof` is not base64");
  out.proof = *std::move(bytes);
  TRY_OK(fields.done());
  return out;
}

Result<std::string> kind_of(std::string_view text) {
  TRY(const nlohmann::json document, document_of(text));
  json::Fields fields(document);
  TRY(std::string object, fields.text("object", kLongestText));
  if (object != kObject && object != "receipt") {
    return invalid("`object` is neither \"receipt\" nor \"transfer_proof\"");
  }
  return object;
}

}  // namespace settled::daemon::receipt
