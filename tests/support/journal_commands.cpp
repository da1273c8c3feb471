#include "tests/support/journal_commands.hpp"

namespace settled::tests {

pb::Line line(std::string_view text) {
  const std::size_t blank = text.rfind(' ');
  pb::Line out;
  out.set_credit(text.starts_with("Cr "));
  out.set_account(std::string(text.substr(3, blank - 3)));
  out.set_amount(money(text.substr(blank + 1)));
  return out;
}

pb::OpenAccount open_account(std::string_view code) {
  pb::OpenAccount out;
  out.set_code(std::string(code));
  out.set_currency("USD");
  return out;
}

pb::CloseAccount close_account(std::string_view code) {
  pb::CloseAccount out;
  out.set_code(std::string(code));
  return out;
}

pb::PostEntry post_entry(std::string_view reference, const std::vector<std::string>& lines) {
  pb::PostEntry out;
  out.set_reference(std::string(reference));
  out.set_kind("test");
  for (const std::string& text : lines) *out.add_lines() = line(text);
  return out;
}

pb::PostEntry pending_entry(std::string_view reference, const std::vector<std::string>& lines,
                            std::int64_t timeout_ms) {
  pb::PostEntry out = post_entry(reference, lines);
  out.set_pending(true);
  out.set_timeout_ms(timeout_ms);
  return out;
}

pb::PostHold post_hold(std::string_view reference, const std::string& hold,
                       const std::vector<std::string_view>& amounts) {
  pb::PostHold out;
  out.set_reference(std::string(reference));
  out.set_hold(hold);
  for (const std::string_view amount : amounts) out.add_amounts(money(amount));
  return out;
}

pb::VoidHold void_hold(std::string_view reference, const std::string& hold) {
  pb::VoidHold out;
  out.set_reference(std::string(reference));
  out.set_hold(hold);
  return out;
}

pb::ExpireHolds expire_holds(std::uint32_t limit) {
  pb::ExpireHolds out;
  out.set_limit(limit);
  return out;
}

}  // namespace settled::tests
