#include "chains/proof/transfer.hpp"
#include "daemon/api/service.hpp"
#include "daemon/json/fields.hpp"
#include "daemon/receipt/transfer_receipt.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"
#include "ledger/receipt_proof.hpp"
#include "ledger/types/hex.hpp"

namespace settled::daemon::api {
namespace {

constexpr Access kRead{.any_of = kReading};
constexpr std::size_t kMaxId = 64;

std::optional<bool> is_outgoing(std::string_view direction) {
  if (direction == "out") return true;
  if (direction == "in") return false;
  return std::nullopt;
}

/// A hash to compare stored bytes with: raw, or empty where the parameter is absent.
Result<std::string> hash_parameter(Query& query, std::string_view name) {
  TRY(const auto given, query.text(name));
  if (!given) return std::string();
  const auto hash = fixed_from_hex<Hash256>(*given);
  if (!hash) return Query::invalid(name, "must be 0x and 64 hexadecimal digits");
  return hash->raw();
}

Result<std::string> list_transfers(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(auto page, query.page<TransferId>());
  TRY(const auto status, query.choice("status", render::transfer_status));
  TRY(const auto disposition, query.choice("disposition", render::disposition));
  TRY(const auto outgoing, query.choice("direction", is_outgoing));
  TRY(const auto chain, query.text("chain"));
  TRY(const auto intent, query.id<IntentId>("payment_intent"));
  TRY(const auto payout, query.id<PayoutId>("payout"));
  TRY(const auto tx_hash, hash_parameter(query, "tx_hash"));
  TRY(const auto created, query.created());
  created.narrow(page);
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY_OK(service.check_cursor<pb::Transfer>(page, merchant, ledger::keys::transfer));
  const auto wanted = [&](const pb::Transfer& transfer) {
    return (!status || transfer.status() == *status) &&
           (!disposition || transfer.disposition() == *disposition) &&
           (!outgoing || transfer.outgoing() == *outgoing) &&
           (!chain || transfer.chain() == *chain) &&
           (intent.empty() || transfer.intent() == intent) &&
           (payout.empty() || transfer.payout() == payout) &&
           (tx_hash.empty() || transfer.tx_hash() == tx_hash);
  };
  TRY(const auto found, ledger::reports::transfers(service.reader(), merchant, page, wanted));
  return list_of(found, call.request.path, [&](const pb::Transfer& transfer) {
    return render::transfer(transfer, service.context);
  });
}

Result<std::string> get_transfer(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto transfer, (service.find<TransferId, pb::Transfer>(
                               call.caller, call.parameters["id"], ledger::keys::transfer)));
  return render::text(render::transfer(transfer, service.context));
}

/// What proves the transfer to somebody who believes neither a node nor us.
Result<std::string> get_proof(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto transfer, (service.find<TransferId, pb::Transfer>(
                               call.caller, call.parameters["id"], ledger::keys::transfer)));
  if (transfer.status() == pb::REVERSED) {
    return fail(Errc::Conflict, "transfer_reversed", "its block is not part of the chain any more");
  }
  TRY(const auto receipt,
      ledger::stored_receipt_proof(service.reader(), service.hooks.log_layout, transfer));
  if (!receipt) {
    const bool proven = transfer.evidence() == chains::to_string(chains::Evidence::Proven);
    return fail(Errc::Conflict, "transfer_not_provable",
                proven ? "its transaction's receipt is too large to be kept"
                       : "its chain's evidence was `" + transfer.evidence() +
                             "` when it was seen: only that of `proven` can be shown");
  }
  TRY(const auto chain,
      ledger::read_record<pb::Chain>(service.reader(), ledger::keys::chain(transfer.chain())));
  INVARIANT(chain.has_value());
  TRY(Bytes proof, chains::proof::transfer_proof(as_bytes(*receipt), transfer.log_in_receipt()));
  return render::text(receipt::to_json({.id = TransferId::from_raw(transfer.id()),
                                        .chain = transfer.chain(),
                                        .chain_id = chain->chain_id(),
                                        .proof = std::move(proof)}));
}

Result<pb::Command> assign_transfer(const Service& service, Call& call) {
  json::Fields fields(call.body);
  TRY(const std::string id, fields.text("payment_intent", kMaxId));
  TRY_OK(fields.done());
  TRY(const auto transfer, (service.find<TransferId, pb::Transfer>(
                               call.caller, call.parameters["id"], ledger::keys::transfer)));
  auto intent = service.find<IntentId, pb::Intent>(call.caller, id, ledger::keys::intent);
  if (!intent) {
    intent.error().param = "payment_intent";
    return std::unexpected(std::move(intent).error());
  }
  pb::Command command;
  command.mutable_assign_transfer()->set_transfer(transfer.id());
  command.mutable_assign_transfer()->set_intent(intent->id());
  return command;
}

}  // namespace

void add_transfer_routes(Service& service) {
  service.read("/v1/transfers", kRead,
               [&service](const Call& call) { return list_transfers(service, call); });
  service.read("/v1/transfers/{id}", kRead,
               [&service](const Call& call) { return get_transfer(service, call); });
  service.read("/v1/transfers/{id}/proof", kRead,
               [&service](const Call& call) { return get_proof(service, call); });
  service.change("POST", "/v1/transfers/{id}/assign",
                 {.access = {.any_of = ledger::kAdmin},
                  .command = [&service](Call& call) { return assign_transfer(service, call); },
                  .answer =
                      [&service](const pb::Reply& reply, const Call&) {
                        return render::transfer(reply.transfer(), service.context);
                      }});
}

}  // namespace settled::daemon::api
