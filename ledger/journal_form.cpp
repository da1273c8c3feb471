#include "ledger/journal_form.hpp"

#include <algorithm>
#include <set>

#include "ledger/accounts.hpp"
#include "ledger/journal.hpp"

namespace settled::ledger {
namespace {

constexpr std::size_t kLongestCode = 128;
constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kLongestCurrency = 32;
/// So that the sum of a hundred lines always fits.
constexpr Amount kMostOfLine = Amount::from_units(uint128{1} << 120U);

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// Letters and digits, and the characters of `others`.
bool consists_of(std::string_view text, std::string_view others, std::size_t most) {
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, [&](char c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || others.contains(c);
  });
}

/// A type and at least one word behind it.
bool is_code(std::string_view code) {
  if (code.size() > kLongestCode || !chart::type_of(code) || !code.contains(':')) return false;
  std::string_view rest = code;
  while (rest.contains(':')) {
    rest.remove_prefix(rest.find(':') + 1);
    if (!consists_of(rest.substr(0, rest.find(':')), "_-.", kLongestWord)) return false;
  }
  return true;
}

Status check_reference(std::string_view reference) {
  if (consists_of(reference, "_-.:/", kLongestReference)) return {};
  return fail(Errc::Invalid, "invalid_reference",
              "1 to 64 letters, digits and the characters _ - . : /", "reference");
}

Status check_description(std::string_view description) {
  if (description.size() <= kLongestDescription) return {};
  return fail(Errc::Invalid, "invalid_description", "at most 1000 bytes", "description");
}

bool is_kind(std::string_view kind) {
  return consists_of(kind, "_.", kLongestKind) && std::ranges::none_of(kind, is_upper);
}

Status check_limits(const pb::OpenAccount& command) {
  const bool debits = command.debits_must_not_exceed_credits();
  const bool credits = command.credits_must_not_exceed_debits();
  if (debits && credits) {
    return fail(Errc::Invalid, "invalid_limits", "with both limits nothing could ever be booked",
                "limits");
  }
  const auto type = chart::type_of(command.code());
  if ((debits || credits) && (type == pb::INCOME || type == pb::EXPENSE)) {
    return fail(Errc::Invalid, "invalid_limits",
                "the close of a period moves income and expense either way", "limits");
  }
  return {};
}

Status check_lines(const pb::PostEntry& command) {
  if (command.lines_size() < 2 || command.lines_size() > kMostLines) {
    return fail(Errc::Invalid, "invalid_lines", "2 to 100 lines", "lines");
  }
  for (const pb::Line& line : command.lines()) {
    TRY(const Amount amount, amount_of(line.amount()));
    if (amount.is_zero()) {
      return fail(Errc::Invalid, "invalid_amount", "the amount of a line must be positive",
                  "lines");
    }
  }
  for (const pb::Line& line : command.lines()) {
    TRY(const Amount amount, amount_of(line.amount()));
    if (amount > kMostOfLine) {
      return fail(Errc::Invalid, "amount_too_large", "at most 2^120 units", "lines");
    }
  }
  std::set<std::string_view> accounts;
  for (const pb::Line& line : command.lines()) {
    if (!accounts.insert(line.account()).second) {
      return fail(Errc::Invalid, "duplicate_account", line.account() + " has two lines", "lines");
    }
  }
  return {};
}

/// `param`: the field of the request, where the word is not it.
std::unexpected<Error> differs(std::string_view field, std::string_view param = {}) {
  return fail(Errc::Conflict, "exists_with_different_" + std::string(field),
              "it was made before, with another " + std::string(field),
              std::string(param.empty() ? field : param));
}

template <typename Differ>
bool any_line(const pb::Entry& existing, const pb::PostEntry& command, Differ differ) {
  for (int i = 0; i < existing.lines_size(); ++i) {
    if (differ(existing.lines(i), command.lines(i))) return true;
  }
  return false;
}

Status check_same_lines(const pb::Entry& existing, const pb::PostEntry& command) {
  if (existing.lines_size() != command.lines_size()) return differs("lines");
  const auto any = [&](auto differ) { return any_line(existing, command, differ); };
  using L = const pb::Line&;
  if (any([](L is, L asked) { return is.account() != asked.account(); }))
    return differs("account", "lines");
  if (any([](L is, L asked) { return is.credit() != asked.credit(); }))
    return differs("side", "lines");
  if (any([](L is, L asked) { return is.amount() != asked.amount(); }))
    return differs("amount", "lines");
  if (any([](L is, L asked) {
        return !asked.currency().empty() && is.currency() != asked.currency();
      })) {
    return differs("currency", "lines");
  }
  return {};
}

}  // namespace

std::string stored_kind(std::string_view kind) {
  return "journal." + std::string(kind);
}

Status check_form(const pb::OpenAccount& command) {
  if (!is_code(command.code())) {
    return fail(Errc::Invalid, "invalid_code",
                "asset, liability, equity, income or expense, then words of letters, digits and "
                "_ - . with colons between",
                "code");
  }
  if (!consists_of(command.currency(), "_-.", kLongestCurrency)) {
    return fail(Errc::Invalid, "invalid_currency", "1 to 32 letters, digits and _ - .", "currency");
  }
  TRY_OK(check_limits(command));
  if (command.must_return_to_zero() != chart::is_clearing(command.code())) {
    return fail(Errc::Invalid, "invalid_clearing",
                "accounts that must return to zero, and they alone, are asset:clearing:... or "
                "liability:clearing:...",
                "must_return_to_zero");
  }
  return check_description(command.description());
}

Status check_form(const pb::PostEntry& command) {
  TRY_OK(check_reference(command.reference()));
  if (!is_kind(command.kind())) {
    return fail(Errc::Invalid, "invalid_kind",
                "1 to 64 lower-case letters, digits and the characters _ .", "kind");
  }
  TRY_OK(check_description(command.description()));
  const bool in_range = command.timeout_ms() >= 0 && command.timeout_ms() <= kLongestTimeoutMs;
  if (!in_range || (command.timeout_ms() != 0 && !command.pending())) {
    return fail(Errc::Invalid, "invalid_timeout", "a hold's alone, at most ten years", "timeout_s");
  }
  return check_lines(command);
}

Status check_form(const pb::PostHold& command) {
  TRY_OK(check_reference(command.reference()));
  bool any = command.amounts().empty();
  for (const std::string& stored : command.amounts()) {
    TRY(const Amount amount, amount_of(stored));
    any = any || !amount.is_zero();
  }
  if (any && command.amounts_size() <= kMostLines) return {};
  return fail(Errc::Invalid, "invalid_amounts", "at least one above zero, at most one a line",
              "amounts");
}

Status check_form(const pb::VoidHold& command) {
  return check_reference(command.reference());
}

Status check_same(const pb::Account& existing, const pb::OpenAccount& command) {
  if (existing.currency() != command.currency()) return differs("currency");
  if (existing.debits_must_not_exceed_credits() != command.debits_must_not_exceed_credits() ||
      existing.credits_must_not_exceed_debits() != command.credits_must_not_exceed_debits()) {
    return differs("limits");
  }
  if (existing.description() != command.description()) return differs("description");
  return {};
}

Status check_same(const pb::Entry& existing, const pb::PostEntry& command) {
  if (!existing.hold().empty()) return differs("operation", "reference");
  if ((existing.phase() == pb::PENDING) != command.pending()) return differs("pending");
  const std::int64_t timeout =
      existing.expires_at() == 0 ? 0 : existing.expires_at() - existing.created();
  if (timeout != command.timeout_ms()) return differs("timeout", "timeout_s");
  TRY_OK(check_same_lines(existing, command));
  if (existing.kind() != stored_kind(command.kind())) return differs("kind");
  if (existing.description() != command.description()) return differs("description");
  return {};
}

Status check_same_end(const pb::Entry& existing, const std::string& hold, pb::Phase phase) {
  if (existing.hold().empty() || existing.phase() != phase)
    return differs("operation", "reference");
  if (existing.hold() != hold) return differs("hold");
  return {};
}

Status check_same_part(const pb::Entry& existing, const pb::Entry& held,
                       const pb::PostHold& command) {
  if (!command.amounts().empty() && command.amounts_size() != held.lines_size()) {
    return differs("amount", "amounts");
  }
  int next = 0;
  for (int i = 0; i < held.lines_size(); ++i) {
    const std::string& asked =
        command.amounts().empty() ? held.lines(i).amount() : command.amounts(i);
    TRY(const Amount amount, amount_of(asked));
    if (amount.is_zero()) continue;
    if (next == existing.lines_size() ||
        existing.lines(next).account() != held.lines(i).account() ||
        existing.lines(next).amount() != asked) {
      return differs("amount", "amounts");
    }
    ++next;
  }
  return next == existing.lines_size() ? Status{} : differs("amount", "amounts");
}

}  // namespace settled::ledger
