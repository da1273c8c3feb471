#pragma once

#include <string>
#include <vector>

#include "daemon/exports/exports.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::tests {

/// All pieces of an export, one after the other, each place taken through its text.
std::string exported(const ledger::store::Reader& reader, const daemon::exports::Request& request,
                     const daemon::exports::PieceLimits& limits = {});
std::string exported_from(const ledger::store::Reader& reader,
                          const daemon::exports::Request& request, daemon::exports::Place place,
                          const daemon::exports::PieceLimits& limits = {});
std::vector<std::string> lines_of(const std::string& text);

/// Applies random commands; what they leave is the same for the same seed.
void fill(BookFixture& books, std::uint32_t seed);

}  // namespace settled::tests
