#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/book_fixture.hpp"

/// Commands of the journal as a test writes them down.
namespace settled::tests {

/// "Dr asset:bank 5.00", "Cr liability:loans 5.00".
pb::Line line(std::string_view text);
/// The account counts USD.
pb::OpenAccount open_account(std::string_view code);
pb::CloseAccount close_account(std::string_view code);
pb::PostEntry post_entry(std::string_view reference, const std::vector<std::string>& lines);
/// `timeout_ms` 0: none.
pb::PostEntry pending_entry(std::string_view reference, const std::vector<std::string>& lines,
                            std::int64_t timeout_ms = 0);
/// `hold`: the raw id of its entry. No amounts: all of it.
pb::PostHold post_hold(std::string_view reference, const std::string& hold,
                       const std::vector<std::string_view>& amounts = {});
pb::VoidHold void_hold(std::string_view reference, const std::string& hold);
pb::ExpireHolds expire_holds(std::uint32_t limit = 100);

}  // namespace settled::tests
