#include "ledger/journal.hpp"

#include <algorithm>

#include "daemon/api/service.hpp"
#include "daemon/api/tokens.hpp"
#include "daemon/json/fields.hpp"
#include "ledger/accounts.hpp"
#include "ledger/clearing.hpp"
#include "ledger/keys.hpp"

/// What the platform books by hand: accounts of its own, entries, the end of a hold, and the report
/// of what has not passed through its clearing accounts.
namespace settled::daemon::api {
namespace {

constexpr Access kWrite{.any_of = ledger::kAdmin, .platform_only = true};
constexpr Access kReadAll{.any_of = ledger::kLedgerRead, .platform_only = true};
constexpr std::size_t kMaxCode = 128;
constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMaxAmountText = 40;
constexpr int kRequestDecimals = 6;

constexpr std::string_view kDebitLimit = "debits_must_not_exceed_credits";
constexpr std::string_view kCreditLimit = "credits_must_not_exceed_debits";

Result<pb::Command> open_account(Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::OpenAccount& open = *command.mutable_open_account();
  TRY(*open.mutable_code(), fields.text("code", kMaxCode));
  TRY(*open.mutable_currency(), fields.text("currency", kMaxWord));
  TRY(const auto limits, fields.optional_text("limits", kMaxWord));
  TRY(const auto clearing, fields.optional_boolean("must_return_to_zero"));
  TRY(auto description, fields.optional_text("description", ledger::kLongestDescription));
  TRY_OK(fields.done());
  if (limits && *limits != kDebitLimit && *limits != kCreditLimit) {
    return fail(Errc::Invalid, "invalid_value",
                "is debits_must_not_exceed_credits, credits_must_not_exceed_debits or null",
                "limits");
  }
  open.set_debits_must_not_exceed_credits(limits == kDebitLimit);
  open.set_credits_must_not_exceed_debits(limits == kCreditLimit);
  open.set_must_return_to_zero(clearing.value_or(false));
  open.set_description(std::move(description).value_or(""));
  return command;
}

Result<pb::Command> close_account(Call& call) {
  TRY_OK(json::Fields(call.body).done());
  pb::Command command;
  command.mutable_close_account()->set_code(std::string(call.parameters["code"]));
  return command;
}

Result<pb::Line> line_of(json::Fields fields) {
  pb::Line line;
  TRY(*line.mutable_account(), fields.text("account", kMaxCode));
  TRY(const std::string side, fields.text("side", kMaxWord));
  TRY(const Amount amount, fields.amount("amount"));
  TRY_OK(fields.done());
  TRY_OK(check_amount(amount));
  if (side != "debit" && side != "credit") {
    return fail(Errc::Invalid, "invalid_value", "is debit or credit", "lines");
  }
  line.set_credit(side == "credit");
  line.set_amount(amount.stored());
  return line;
}

Result<pb::PostEntry> read_entry(json::Fields& fields) {
  constexpr std::int64_t kMillisecondsPerSecond = 1'000;
  pb::PostEntry post;
  TRY(*post.mutable_reference(), fields.text("reference", ledger::kLongestReference));
  TRY(*post.mutable_kind(), fields.text("kind", ledger::kLongestKind));
  TRY(auto description, fields.optional_text("description", ledger::kLongestDescription));
  TRY(auto lines, fields.objects("lines", ledger::kMostLines));
  TRY(const auto pending, fields.optional_boolean("pending"));
  TRY(const auto timeout,
      fields.optional_integer("timeout_s", 1, ledger::kLongestTimeoutMs / kMillisecondsPerSecond));
  TRY_OK(fields.done());
  for (json::Fields& each : lines) {
    TRY(*post.add_lines(), line_of(std::move(each)));
  }
  post.set_description(std::move(description).value_or(""));
  post.set_pending(pending.value_or(false));
  post.set_timeout_ms(timeout.value_or(0) * kMillisecondsPerSecond);
  return post;
}

Result<pb::Command> post_entry(Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  TRY(*command.mutable_post_entry(), read_entry(fields));
  return command;
}

Result<pb::Command> post_entries(Call& call) {
  json::Fields fields(call.body);
  TRY(auto entries, fields.objects("entries", ledger::kMostEntries));
  TRY_OK(fields.done());
  pb::Command command;
  pb::PostEntries& post = *command.mutable_post_entries();  // there though it were empty
  for (json::Fields& entry : entries) {
    TRY(*post.add_entries(), read_entry(entry));
  }
  return command;
}

Json entry_batch(const pb::Reply& reply) {
  Json ids = Json::array();
  for (const std::string& id : reply.ids()) ids.push_back(EntryId::from_raw(id).to_string());
  return {{"object", "entry_batch"}, {"entries", std::move(ids)}};
}

Result<pb::Command> post_hold(Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::PostHold& post = *command.mutable_post_hold();
  TRY(*post.mutable_reference(), fields.text("reference", ledger::kLongestReference));
  TRY(const auto amounts,
      fields.optional_string_list("amounts", ledger::kMostLines, kMaxAmountText));
  TRY_OK(fields.done());
  TRY(const EntryId hold, EntryId::parse(call.parameters["id"]));
  post.set_hold(hold.raw());
  if (!amounts) return command;
  for (const std::string& text : *amounts) {
    const auto amount = Amount::parse(text, kRequestDecimals);
    if (!amount) {
      return fail(amount.error().code, amount.error().reason, amount.error().detail, "amounts");
    }
    post.add_amounts(amount->stored());
  }
  return command;
}

Result<pb::Command> void_hold(Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::VoidHold& end = *command.mutable_void_hold();
  TRY(*end.mutable_reference(), fields.text("reference", ledger::kLongestReference));
  TRY_OK(fields.done());
  TRY(const EntryId hold, EntryId::parse(call.parameters["id"]));
  end.set_hold(hold.raw());
  return command;
}

Task<Result<std::string>> clearing(Service& service, const Call& call) {
  Query query(call.request);
  CO_TRY(const auto at, query.time("at"));
  CO_TRY_OK(query.done());
  SlowReads::Work work = [at, url = call.request.path, context = service.context](
                             const ledger::store::Reader& snapshot) -> Result<std::string> {
    TRY(const auto head, ledger::read_record<pb::Head>(snapshot, ledger::keys::head()));
    TRY(const auto uncleared,
        ledger::reports::clearing(snapshot, at.value_or(from_ms(head ? head->time() : 0))));
    std::vector<std::string> data;
    data.reserve(uncleared.size());
    for (const ledger::reports::Uncleared& each : uncleared) {
      data.push_back(render::text(render::uncleared(each, context)));
    }
    return render::list(data, false, url);
  };
  co_return co_await service.slow_reads.run(std::move(work));
}

std::string_view word(ledger::HoldStatus status) {
  switch (status) {
    case ledger::HoldStatus::Pending:
      return "pending";
    case ledger::HoldStatus::Posted:
      return "posted";
    case ledger::HoldStatus::Voided:
      return "voided";
    case ledger::HoldStatus::Expired:
      return "expired";
  }
  INVARIANT(false);
}

}  // namespace

pb::Entry shown_to(const Caller& caller, pb::Entry entry) {
  if (caller.is_platform()) return entry;
  const std::string merchant = MerchantId::from_raw(caller.merchant).to_string();
  const std::string own = ledger::chart::merchant_prefix(merchant);
  const std::string any = own.substr(0, own.size() - merchant.size() - 1);
  auto& lines = *entry.mutable_lines();
  const auto hidden = [&](const pb::Line& line) {
    return line.account().starts_with(any) && !line.account().starts_with(own);
  };
  lines.erase(std::remove_if(lines.begin(), lines.end(), hidden), lines.end());
  return entry;
}

Result<Json> entry_json(const Service& service, const Caller& caller, pb::Entry entry) {
  Json out = render::entry(shown_to(caller, entry), service.context);
  if (entry.phase() == pb::PENDING) {
    TRY(const auto status, ledger::hold_status(service.reader(), entry));
    out["hold_status"] = word(status);
  }
  return out;
}

void add_journal_routes(Service& service) {
  const auto account = [&service](const pb::Reply& reply, const Call&) {
    return render::account(reply.account(), service.context);
  };
  const auto entry = [&service](const pb::Reply& reply, const Call&) {
    return render::entry(reply.entry(), service.context);
  };
  service.change("POST", "/v1/ledger/accounts",
                 {.access = kWrite, .status = 201, .command = open_account, .answer = account});
  service.change("POST", "/v1/ledger/accounts/{code}/close",
                 {.access = kWrite, .command = close_account, .answer = account});
  service.change("POST", "/v1/ledger/entries",
                 {.access = kWrite, .status = 201, .command = post_entry, .answer = entry});
  service.change(
      "POST", "/v1/ledger/entry_batches",
      {.access = kWrite,
       .status = 201,
       .command = post_entries,
       .answer = [](const pb::Reply& reply, const Call&) { return entry_batch(reply); }});
  service.change("POST", "/v1/ledger/entries/{id}/post",
                 {.access = kWrite, .status = 201, .command = post_hold, .answer = entry});
  service.change("POST", "/v1/ledger/entries/{id}/void",
                 {.access = kWrite, .status = 201, .command = void_hold, .answer = entry});
  service.read_slowly("/v1/ledger/clearing", kReadAll,
                      [&service](const Call& call) { return clearing(service, call); });
}

}  // namespace settled::daemon::api
