#include "daemon/explain/explain.hpp"

#include "chains/evm/address.hpp"
#include "daemon/api/service.hpp"
#include "ledger/types/hex.hpp"

/// Why a payment is where it is.
namespace settled::daemon::api {
namespace {

using chains::evm::TxHash;

constexpr Access kRead{.any_of = kReading};
constexpr std::size_t kHashText = 2 + 2 * TxHash::kSize;

Task<Result<std::string>> explain_about(const Service& service, const Call& call) {
  CO_TRY_OK(Query(call.request).done());
  const std::string about = call.parameters["about"];
  std::optional<TxHash> hash;
  std::optional<chains::evm::Address> address;
  if (about.starts_with("0x") && about.size() == kHashText) {
    const auto read = fixed_from_hex<TxHash>(about);
    if (!read) co_return Query::invalid("about", "must have 64 hexadecimal digits after 0x");
    hash = *read;
  } else if (about.starts_with("0x")) {
    auto read = chains::evm::parse_address(about);
    if (!read) {
      co_return Query::invalid(
          "about", "is neither a transaction's hash nor an address: " + read.error().detail);
    }
    address = *read;
  }
  CO_TRY(const auto chains, co_await service.hooks.chains_now(hash));
  const explain::Viewer viewer{call.caller.merchant};
  const auto snapshot = service.book.snapshot();
  const explain::Scene scene{*snapshot, chains,          service.settings.signer_addresses,
                             viewer,    service.context, service.hooks.waiting_for};
  if (hash) co_return explain::transaction(scene, *hash);
  if (address) co_return explain::address(scene, *address);
  co_return explain::object(scene, about);
}

}  // namespace

void add_explain_routes(Service& service) {
  service.read_slowly("/v1/explain/{about}", kRead,
                      [&service](const Call& call) { return explain_about(service, call); });
}

}  // namespace settled::daemon::api
