#include <map>

#include "daemon/api/service.hpp"
#include "ledger/accounts.hpp"

namespace settled::daemon::api {
namespace {

/// One row for each configured currency and each that the merchant has an account in.
Result<std::string> list_balances(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  if (merchant.empty()) {
    return fail(Errc::Invalid, "missing_parameter", "a key of the platform names the merchant",
                "merchant");
  }
  std::map<std::string, pb::Account> rows;
  for (const chains::ChainSettings& chain : service.settings.chains) {
    for (const chains::TokenSettings& token : chain.tokens) {
      rows[token.currency].set_currency(token.currency);
    }
  }
  const std::string prefix =
      ledger::chart::merchant_prefix(MerchantId::from_raw(merchant).to_string());
  TRY(auto accounts, ledger::reports::accounts(service.reader(), prefix));
  for (pb::Account& account : accounts) {
    const std::string currency = account.currency();
    rows[currency] = std::move(account);
  }
  std::vector<std::string> data;
  for (const auto& [currency, account] : rows) {
    TRY(const Json row, render::balance(account, service.context));
    data.push_back(render::text(row));
  }
  return render::list(data, false, call.request.path);
}

}  // namespace

void add_balance_routes(Service& service) {
  service.read("/v1/balances", {.any_of = kReading},
               [&service](const Call& call) { return list_balances(service, call); });
}

}  // namespace settled::daemon::api
