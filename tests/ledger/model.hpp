#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/records.pb.h"
#include "tests/ledger/reference_ledger.hpp"
#include "tests/support/book_fixture.hpp"

/// The book beside the reference ledger.
namespace settled::tests {

/// What the reference says at a time.
struct Model {
  reference::Ledger ledger;
  std::vector<std::string> codes;  ///< that commands name
  std::int64_t now = 0;
};

/// The book, and under which id each reference is known there.
struct Books {
  explicit Books(std::map<std::string, int>& words) : said(words) {}

  BookFixture fixture;
  std::map<std::string, std::string> ids;
  std::map<std::string, int>& said;  ///< how often each word was, "" for accepted

  std::string id(const std::string& reference) const {
    const auto found = ids.find(reference);
    return found == ids.end() ? std::string(16, 'x') : found->second;
  }
  std::map<std::string, std::string> rows() { return dump(fixture.store()); }
};

std::map<std::string, reference::Account> accounts_of(const ledger::store::Reader& reader);

/// Gives the book a command to which the reference has said `refusal` (or nothing) and has become
/// `after`. Asserts, for RapidCheck, that the book says the same, that a refusal changes no row and
/// no hash, and that accounts, sums, limits, history, clearing and holds are as they must be.
/// `reference`: of the entry that the command makes; empty: it makes none.
void compare(Books& books, const Model& before, const Model& after, const std::string& refusal,
             const pb::Command& command, const std::string& reference);

}  // namespace settled::tests
