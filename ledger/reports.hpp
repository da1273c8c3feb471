#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/accounts.hpp"
#include "ledger/records.pb.h"
#include "ledger/state.hpp"
#include "ledger/store/store.hpp"

/// Reading the books. Every function works on committed state through a Reader (the store itself,
/// or a snapshot where several reads must agree) and may be called from any thread.
namespace settled::ledger::reports {

/// Newest first. At most one of the cursors is set: raw ids that the page starts after (older
/// objects) or ends before (newer ones).
struct PageRequest {
  std::size_t limit = 20;
  std::optional<std::string> starting_after;
  std::optional<std::string> ending_before;
  /// Of objects made in these milliseconds alone, both included: bounds of what is read, since ids
  /// begin with the time.
  std::int64_t from_ms = 0;
  std::int64_t to_ms = INT64_MAX;
};

/// Rows that a page with a filter looks at, at most. Where that is not enough for a whole page it
/// has what was found, and more; where nothing was found at all the error is Invalid
/// `search_too_wide`, whose detail names the time up to which was looked.
inline constexpr std::size_t kMaxRowsVisited = 10'000;

template <typename Record>
struct Page {
  std::vector<Record> data;
  bool has_more = false;
  bool backwards = false;  ///< it ends before a cursor: the last of `data` is next to it
};

template <typename Record>
using Filter = std::function<bool(const Record&)>;

/// `merchant`: raw id, or empty for all merchants' objects.
Result<Page<pb::Intent>> intents(const store::Reader& reader, std::string_view merchant,
                                 const PageRequest& page, const Filter<pb::Intent>& filter);
Result<Page<pb::Transfer>> transfers(const store::Reader& reader, std::string_view merchant,
                                     const PageRequest& page, const Filter<pb::Transfer>& filter);
Result<Page<pb::Payout>> payouts(const store::Reader& reader, std::string_view merchant,
                                 const PageRequest& page, const Filter<pb::Payout>& filter);
Result<Page<pb::Refund>> refunds(const store::Reader& reader, std::string_view merchant,
                                 const PageRequest& page, const Filter<pb::Refund>& filter);
/// Of one intent.
Result<Page<pb::Refund>> refunds_of(const store::Reader& reader, std::string_view intent,
                                    const PageRequest& page, const Filter<pb::Refund>& filter);
Result<Page<pb::Endpoint>> endpoints(const store::Reader& reader, std::string_view merchant,
                                     const PageRequest& page, const Filter<pb::Endpoint>& filter);

/// Oldest first, those numbered above `after`. `merchant` empty: all.
Result<Page<pb::Event>> events(const store::Reader& reader, std::string_view merchant,
                               std::uint64_t after, std::size_t limit);
Result<std::optional<pb::Event>> event_by_id(const store::Reader& reader, std::string_view id);

/// Accounts whose code starts with `prefix`, by code.
Result<std::vector<pb::Account>> accounts(const store::Reader& reader, std::string_view prefix);
/// The same, a page of them in ascending order; cursors are codes.
/// Error: Invalid `invalid_cursor` for one that is no account of the prefix.
Result<Page<pb::Account>> account_page(const store::Reader& reader, std::string_view prefix,
                                       const PageRequest& request);
/// The account with its counters as the last entry up to `at` left them; nothing where the account
/// did not exist then.
Result<std::optional<pb::Account>> account_at(const store::Reader& reader, std::string_view code,
                                              Time at);

/// Entries newest first: of one account, of all accounts with a prefix, or (empty) all.
Result<Page<pb::Entry>> entries(const store::Reader& reader, std::string_view account_prefix,
                                bool exact, const PageRequest& page);

/// Payouts of a signer that have not ended, oldest first.
Result<std::vector<pb::Payout>> open_payouts(const store::Reader& reader, std::string_view chain,
                                             std::string_view signer);

Result<std::vector<pb::Chain>> chains(const store::Reader& reader);
/// The stored blocks above the final one, and that one, ascending.
Result<std::vector<pb::Block>> recent_blocks(const store::Reader& reader, std::string_view chain);
Result<std::vector<pb::Endpoint>> all_endpoints(const store::Reader& reader);
Result<std::vector<pb::ApiKey>> all_api_keys(const store::Reader& reader);

}  // namespace settled::ledger::reports
