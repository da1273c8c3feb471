#include "daemon/api/body.hpp"
#include "daemon/api/service.hpp"
#include "daemon/api/tokens.hpp"
#include "daemon/json/fields.hpp"
#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"
#include "ledger/periods.hpp"
#include "ledger/statement.hpp"
#include "ledger/trial_balance.hpp"

/// What finance reads and closes: statements, the trial balance, periods.
namespace settled::daemon::api {
namespace {

namespace reports = ledger::reports;

constexpr Access kRead{.any_of = ledger::kLedgerRead};
constexpr Access kReadAll{.any_of = ledger::kLedgerRead, .platform_only = true};
constexpr Access kClose{.any_of = ledger::kAdmin, .platform_only = true};
constexpr std::size_t kMaxTime = 40;

std::string mer_text(const std::string& merchant) {
  return MerchantId::from_raw(merchant).to_string();
}

/// The account of a merchant and currency. An account comes to be with its first line, so one that
/// could come to be has an empty statement.
Result<ledger::AccountRef> statement_account(const Service& service,
                                             const ledger::store::Reader& reader,
                                             const std::string& merchant,
                                             const std::optional<std::string>& currency) {
  if (merchant.empty()) {
    return fail(Errc::Invalid, "missing_parameter", "a key of the platform names the merchant",
                "merchant");
  }
  if (!currency) {
    return fail(Errc::Invalid, "missing_parameter", "a statement is of one currency", "currency");
  }
  ledger::AccountRef account = ledger::chart::merchant(mer_text(merchant), *currency);
  TRY(const auto stored, reader.get(ledger::keys::account(account.code)));
  if (!stored && !check_currency(service.settings, *currency)) {
    return Query::invalid("currency", "there is no currency \"" + *currency + "\"");
  }
  return account;
}

/// From the beginning, to now: both may be left out.
Status read_span(Query& query, Time now, reports::StatementRequest& request) {
  TRY(const auto from, query.time("from"));
  TRY(const auto until, query.time("until"));
  request.from = from.value_or(from_ms(0));
  request.until = until.value_or(now + std::chrono::milliseconds{1});
  if (request.from < from_ms(0)) return Query::invalid("from", "must not be before 1970");
  if (request.from > request.until) return Query::invalid("until", "must not be before from");
  return {};
}

Result<std::string> get_statement(const Service& service, const Call& call) {
  const auto snapshot = service.book.snapshot();
  Query query(call.request);
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY(const auto currency, query.text("currency"));
  TRY(const auto after, query.text("starting_after"));
  TRY(const auto limit, query.integer("limit", 1, reports::kMaxStatementEntries));
  TRY(const auto head, ledger::read_record<pb::Head>(*snapshot, ledger::keys::head()));
  reports::StatementRequest request;
  TRY_OK(read_span(query, from_ms(head ? head->time() : 0), request));
  TRY_OK(query.done());
  TRY(const auto account, statement_account(service, *snapshot, merchant, currency));
  request.account = account.code;
  if (limit) request.limit = *limit;
  if (after) {
    const auto id = EntryId::parse(*after);
    if (!id) return Query::unknown_cursor("starting_after");
    request.after = id->raw();
  }
  TRY(const auto statement, reports::statement(*snapshot, request));
  return render::text(
      render::statement(statement, request, merchant, account.currency, service.context));
}

/// A merchant's key reads its own accounts, which alone need not balance. They are few; all of them
/// are as many as there are merchants.
Task<Result<std::string>> get_trial_balance(Service& service, const Call& call) {
  Query query(call.request);
  CO_TRY(const std::string merchant, service.narrowed(call.caller, query));
  CO_TRY(const auto at, query.time("at"));
  CO_TRY_OK(query.done());
  const std::string prefix =
      merchant.empty() ? std::string() : ledger::chart::merchant_prefix(mer_text(merchant));
  SlowReads::Work work = [prefix, at, context = service.context](
                             const ledger::store::Reader& snapshot) -> Result<std::string> {
    TRY(const auto balance, reports::trial_balance(snapshot, prefix, at));
    return render::trial_balance(balance, context);
  };
  if (!merchant.empty()) co_return work(*service.book.snapshot());
  co_return co_await service.slow_reads.run(std::move(work));
}

Result<pb::Command> close_period(Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::ClosePeriod& close = *command.mutable_close_period();
  TRY(*close.mutable_name(), fields.text("name", ledger::kMaxPeriodName / 4));
  TRY(const std::string until, fields.text("until", kMaxTime));
  TRY_OK(fields.done());
  const auto time = parse_rfc3339(until);
  if (!time) {
    return fail(Errc::Invalid, "invalid_time",
                "must be a time such as 2026-11-21T00:00:00Z (RFC 3339)", "until");
  }
  close.set_until(to_ms(*time));
  return command;
}

Result<std::string> list_periods(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto page, query.page<PeriodId>());
  TRY_OK(query.done());
  const auto snapshot = service.book.snapshot();
  auto found = reports::periods(*snapshot, page);
  if (!found && found.error().reason == "invalid_cursor") {
    return Query::unknown_cursor(page.starting_after ? "starting_after" : "ending_before");
  }
  if (!found) return std::unexpected(found.error());
  return list_of(*found, call.request.path,
                 [&](const pb::Period& period) { return render::period(period, service.context); });
}

Task<Result<std::string>> get_period(Service& service, const Call& call) {
  CO_TRY_OK(Query(call.request).done());
  CO_TRY(const PeriodId id, PeriodId::parse(call.parameters["id"]));
  CO_TRY(const auto period, reports::period_by_id(service.reader(), id.raw()));
  if (!period) co_return Service::not_found();
  SlowReads::Work work = [period = *period, context = service.context](
                             const ledger::store::Reader& snapshot) -> Result<std::string> {
    TRY(const auto balances, reports::period_balances(snapshot, period));
    return render::period(period, balances, context);
  };
  co_return co_await service.slow_reads.run(std::move(work));
}

}  // namespace

void add_report_routes(Service& service) {
  service.read("/v1/statements", kRead,
               [&service](const Call& call) { return get_statement(service, call); });
  service.read_slowly("/v1/ledger/trial_balance", kRead,
                      [&service](const Call& call) { return get_trial_balance(service, call); });
  service.read("/v1/ledger/periods", kReadAll,
               [&service](const Call& call) { return list_periods(service, call); });
  service.read_slowly("/v1/ledger/periods/{id}", kReadAll,
                      [&service](const Call& call) { return get_period(service, call); });
  service.change("POST", "/v1/ledger/periods",
                 {.access = kClose,
                  .status = 201,
                  .command = close_period,
                  .answer = [&service](const pb::Reply& reply, const Call&) {
                    return render::period(reply.period(), service.context);
                  }});
}

}  // namespace settled::daemon::api
