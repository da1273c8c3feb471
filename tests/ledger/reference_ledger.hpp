#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What the journal must do, written down a second time: plain maps and integers, nothing of the
/// book's code. Slow, unlimited and kept in memory alone.
namespace settled::tests::reference {

using Units = unsigned __int128;

struct Line {
  std::string account;
  bool credit = false;
  Units amount = 0;
  bool operator==(const Line&) const = default;
};

struct Account {
  std::string currency;
  std::string description;
  bool debits_limited = false;   ///< debits, held ones included, must not exceed credits
  bool credits_limited = false;  ///< the other way round
  bool clearing = false;
  bool closed = false;
  Units debits = 0;
  Units credits = 0;
  Units held_debits = 0;
  Units held_credits = 0;
  std::int64_t uncleared_since = 0;
  bool operator==(const Account&) const = default;
};

struct Entry {
  std::string description = {};
  std::vector<Line> lines = {};
  bool pending = false;
  std::int64_t timeout = 0;
  std::int64_t made = 0;
  std::size_t number = 0;     ///< in the order of their making
  std::string hold = {};      ///< the reference of the hold that this one ends
  bool voids = false;         ///< of such: or else it posts
  std::string resolved = {};  ///< of a hold: "", "posted", "voided", "expired"
};

/// Commands answer with the word of their refusal, or nothing. A refusal changes nothing.
class Ledger {
 public:
  std::string open(const std::string& code, const Account& account);
  std::string close(const std::string& code);
  std::string post(const std::string& reference, Entry entry, std::int64_t now);
  std::string post_hold(const std::string& reference, const std::string& hold,
                        std::vector<Units> amounts, std::int64_t now);
  std::string void_hold(const std::string& reference, const std::string& hold, std::int64_t now);
  /// In the order of their times, then of their making. Returns how many.
  std::uint32_t expire(std::uint32_t limit, std::int64_t now);

  std::map<std::string, Account> accounts;
  std::map<std::string, Entry> entries;  ///< by reference

 private:
  std::string same(const Entry& known, const Entry& asked) const;
  std::string cannot_end(const std::string& hold, std::int64_t now) const;
  std::string count(const std::vector<Line>& lines, bool pending, const std::vector<Line>& released,
                    std::int64_t now);
};

}  // namespace settled::tests::reference
