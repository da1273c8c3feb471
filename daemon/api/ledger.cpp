#include <algorithm>

#include "daemon/api/service.hpp"
#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"

/// What finance reads: accounts and entries.
namespace settled::daemon::api {
namespace {

constexpr Access kRead{.any_of = ledger::kLedgerRead};

/// Prefix of the accounts that are listed: a merchant's, or empty for all.
Result<std::string> account_prefix(const Service& service, const Call& call, Query& query) {
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  if (merchant.empty()) return std::string();
  return ledger::chart::merchant_prefix(MerchantId::from_raw(merchant).to_string());
}

/// Error: NotFound for an account that is not the caller's.
Result<pb::Account> find_account(const Service& service, const Caller& caller,
                                 const std::string& code, std::string param = {}) {
  if (!caller.is_platform() && !code.starts_with(ledger::chart::merchant_prefix(
                                   MerchantId::from_raw(caller.merchant).to_string()))) {
    return Service::not_found(std::move(param));
  }
  TRY(auto account,
      ledger::read_record<pb::Account>(service.reader(), ledger::keys::account(code)));
  if (!account) return Service::not_found(std::move(param));
  return *std::move(account);
}

/// By code; cursors are codes.
Result<std::string> list_accounts(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const std::size_t limit, query.limit());
  TRY(const auto after, query.text("starting_after"));
  TRY(const auto before, query.text("ending_before"));
  TRY(const std::string prefix, account_prefix(service, call, query));
  TRY_OK(query.done());
  if (after && before) return Query::both_cursors();
  TRY(const auto page, ledger::reports::account_page(
                           service.reader(), prefix,
                           {.limit = limit, .starting_after = after, .ending_before = before}));
  return list_of(page, call.request.path, [&](const pb::Account& account) {
    return render::account(account, service.context);
  });
}

/// `?at=`: the account as it was then, with zeros before its first entry.
Result<std::string> get_account(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto at, query.time("at"));
  TRY_OK(query.done());
  TRY(auto account, find_account(service, call.caller, call.parameters["code"]));
  if (at) {
    TRY(auto then, ledger::reports::account_at(service.reader(), account.code(), *at));
    // Before it was opened it had nothing on it, and nothing was known of what became of it.
    account.clear_counters();
    account.clear_uncleared_since();
    account.clear_closed();
    if (then) account = *std::move(then);
  }
  Json out = render::account(account, service.context);
  if (at) out["at"] = to_rfc3339(*at);
  return render::text(out);
}

Status check_entry_cursor(const Service& service, const ledger::reports::PageRequest& page,
                          const std::string& prefix) {
  const auto& cursor = page.starting_after ? page.starting_after : page.ending_before;
  if (!cursor) return {};
  TRY(const auto entry,
      ledger::read_record<pb::Entry>(service.reader(), ledger::keys::entry(*cursor)));
  const auto touches = [&](const pb::Line& line) { return line.account().starts_with(prefix); };
  if (entry && std::ranges::any_of(entry->lines(), touches)) return {};
  return Query::unknown_cursor(page.starting_after ? "starting_after" : "ending_before");
}

Result<std::string> list_entries(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto page, query.page<EntryId>());
  TRY(const auto code, query.text("account"));
  TRY(std::string prefix, account_prefix(service, call, query));
  TRY_OK(query.done());
  TRY_OK(check_entry_cursor(service, page, prefix));
  if (code) {
    TRY(const auto account, find_account(service, call.caller, *code, "account"));
    prefix = account.code();
  }
  TRY(const auto found, ledger::reports::entries(service.reader(), prefix, code.has_value(), page));
  Status failed;
  std::string out = list_of(found, call.request.path, [&](const pb::Entry& entry) {
    auto shown = entry_json(service, call.caller, entry);
    if (shown) return *std::move(shown);
    failed = std::unexpected(std::move(shown).error());
    return Json();
  });
  TRY_OK(failed);
  return out;
}

}  // namespace

void add_ledger_routes(Service& service) {
  service.read("/v1/ledger/accounts", kRead,
               [&service](const Call& call) { return list_accounts(service, call); });
  service.read("/v1/ledger/accounts/{code}", kRead,
               [&service](const Call& call) { return get_account(service, call); });
  service.read("/v1/ledger/entries", kRead,
               [&service](const Call& call) { return list_entries(service, call); });
}

}  // namespace settled::daemon::api
