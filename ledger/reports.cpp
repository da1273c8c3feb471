#include "ledger/reports.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/store/each_row.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger::reports {
namespace {

constexpr std::size_t kIdBytes = 16;

std::unexpected<Error> too_wide(std::string_view raw_id) {
  if (raw_id.size() != kIdBytes) {
    return fail(Errc::Corrupt, "corrupt_record", "a stored key does not end with an id");
  }
  return fail(Errc::Invalid, "search_too_wide",
              "none of " + std::to_string(kMaxRowsVisited) + " objects matches, looked at up to " +
                  to_rfc3339(time_of(fixed_from<IdBytes>(raw_id))) +
                  ": narrow the search by created[gte] and created[lte]");
}

/// The first key of the ids made at a millisecond or later; those hold 48 bits of it.
std::string id_bound(const std::string& prefix, std::int64_t ms) {
  constexpr std::int64_t kEnd = std::int64_t{1} << 48;
  if (ms <= 0) return prefix;
  if (ms >= kEnd) return store::prefix_end(prefix);
  std::string key = prefix;
  for (int shift = 40; shift >= 0; shift -= 8) key.push_back(static_cast<char>(ms >> shift));
  return key;
}

/// The keys that a page may read, cursors and times kept.
std::pair<std::string, std::string> range_of(const std::string& prefix,
                                             const PageRequest& request) {
  std::string first = id_bound(prefix, request.from_ms);
  std::string end =
      request.to_ms == INT64_MAX ? store::prefix_end(prefix) : id_bound(prefix, request.to_ms + 1);
  if (request.ending_before) first = std::max(first, prefix + *request.ending_before + '\0');
  if (request.starting_after) end = std::min(end, prefix + *request.starting_after);
  return {std::move(first), std::move(end)};
}

/// One page of the records whose keys are `prefix` + id. `load` turns a row into a record.
template <typename Record, typename Load>
Result<Page<Record>> page_of(const store::Reader& reader, const std::string& prefix,
                             const PageRequest& request, const Filter<Record>& filter, Load load) {
  Page<Record> page;
  page.backwards = request.ending_before.has_value();
  Status failed;
  std::size_t visited = 0;
  const auto visit = [&](std::string_view key, std::string_view value) {
    if (++visited > kMaxRowsVisited) {
      page.has_more = true;
      if (page.data.empty()) failed = too_wide(key.substr(prefix.size()));
      return false;
    }
    Result<Record> record = load(key.substr(prefix.size()), value);
    if (!record) {
      failed = std::unexpected(record.error());
      return false;
    }
    if (filter && !filter(*record)) return true;
    if (page.data.size() == request.limit) {
      page.has_more = true;
      return false;
    }
    page.data.push_back(*std::move(record));
    return true;
  };
  const auto [first, end] = range_of(prefix, request);
  if (first >= end) return page;
  if (page.backwards) {
    TRY_OK(reader.scan(first, end, visit));
    std::ranges::reverse(page.data);
  } else {
    TRY_OK(reader.scan_reverse(first, end, visit));
  }
  TRY_OK(failed);
  return page;
}

/// An owner's page goes through the index `index(owner, "")`, everybody's through the table.
template <typename Record>
Result<Page<Record>> objects(const store::Reader& reader, std::string_view owner,
                             std::string (*table)(std::string_view),
                             std::string (*index)(std::string_view, std::string_view),
                             const PageRequest& request, const Filter<Record>& filter) {
  if (owner.empty()) {
    return page_of<Record>(
        reader, table({}), request, filter,
        [](std::string_view, std::string_view value) { return parse_record<Record>(value); });
  }
  return page_of<Record>(reader, index(owner, {}), request, filter,
                         [&](std::string_view id, std::string_view) -> Result<Record> {
                           TRY(auto record, read_record<Record>(reader, table(id)));
                           if (!record)
                             return fail(Errc::Corrupt, "corrupt_record",
                                         "an index names no record");
                           return *std::move(record);
                         });
}

template <typename Record>
Result<std::vector<Record>> all(const store::Reader& reader, const std::string& prefix) {
  std::vector<Record> out;
  const auto take = [&](std::string_view, std::string_view value) -> Status {
    TRY(auto record, parse_record<Record>(value));
    out.push_back(std::move(record));
    return {};
  };
  TRY_OK(store::each_row(reader, prefix, store::prefix_end(prefix), take));
  return out;
}

/// The newest `limit + 1` entries of one account below a cursor, or the oldest above it.
Status collect_entries(const store::Reader& reader, const std::string& code,
                       const PageRequest& request, const std::optional<pb::Entry>& cursor,
                       std::vector<std::string>& ids) {
  const std::string prefix = keys::account_history(code);
  std::size_t left = request.limit + 1;
  Status failed;
  const auto visit = [&](std::string_view, std::string_view value) {
    auto row = parse_record<pb::HistoryRow>(value);
    if (!row) {
      failed = std::unexpected(row.error());
      return false;
    }
    ids.push_back(row->entry());
    return --left > 0;
  };
  const auto at = [&] {
    return keys::account_history(code, from_ms(cursor->created()), cursor->sequence());
  };
  if (request.ending_before) {
    TRY_OK(reader.scan(at() + '\0', store::prefix_end(prefix), visit));
  } else {
    TRY_OK(reader.scan_reverse(prefix, cursor ? at() : store::prefix_end(prefix), visit));
  }
  return failed;
}

}  // namespace

Result<Page<pb::Intent>> intents(const store::Reader& reader, std::string_view merchant,
                                 const PageRequest& page, const Filter<pb::Intent>& filter) {
  return objects(reader, merchant, keys::intent, keys::merchant_intent, page, filter);
}

Result<Page<pb::Transfer>> transfers(const store::Reader& reader, std::string_view merchant,
                                     const PageRequest& page, const Filter<pb::Transfer>& filter) {
  return objects(reader, merchant, keys::transfer, keys::merchant_transfer, page, filter);
}

Result<Page<pb::Payout>> payouts(const store::Reader& reader, std::string_view merchant,
                                 const PageRequest& page, const Filter<pb::Payout>& filter) {
  return objects(reader, merchant, keys::payout, keys::merchant_payout, page, filter);
}

Result<Page<pb::Refund>> refunds(const store::Reader& reader, std::string_view merchant,
                                 const PageRequest& page, const Filter<pb::Refund>& filter) {
  return objects(reader, merchant, keys::refund, keys::merchant_refund, page, filter);
}

Result<Page<pb::Refund>> refunds_of(const store::Reader& reader, std::string_view intent,
                                    const PageRequest& page, const Filter<pb::Refund>& filter) {
  return objects(reader, intent, keys::refund, keys::intent_refund, page, filter);
}

Result<Page<pb::Endpoint>> endpoints(const store::Reader& reader, std::string_view merchant,
                                     const PageRequest& page, const Filter<pb::Endpoint>& filter) {
  return objects(reader, merchant, keys::endpoint, keys::merchant_endpoint, page, filter);
}

Result<Page<pb::Event>> events(const store::Reader& reader, std::string_view merchant,
                               std::uint64_t after, std::size_t limit) {
  const bool everybody = merchant.empty();
  const auto key_of = [&](std::uint64_t sequence) {
    return everybody ? keys::event(sequence) : keys::merchant_event(merchant, sequence);
  };
  const std::string first = key_of(after + 1);
  const std::string prefix = first.substr(0, first.size() - 8);
  Page<pb::Event> page;
  Status failed;
  TRY_OK(reader.scan(first, store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view value) {
                       if (page.data.size() == limit) {
                         page.has_more = true;
                         return false;
                       }
                       Result<pb::Event> event = [&]() -> Result<pb::Event> {
                         if (everybody) return parse_record<pb::Event>(value);
                         TRY(const auto sequence, keys::last_u64(key, prefix.size()));
                         TRY(auto record, read_record<pb::Event>(reader, keys::event(sequence)));
                         if (!record)
                           return fail(Errc::Corrupt, "corrupt_record", "an index names no event");
                         return *std::move(record);
                       }();
                       if (!event) {
                         failed = std::unexpected(event.error());
                         return false;
                       }
                       page.data.push_back(*std::move(event));
                       return true;
                     }));
  TRY_OK(failed);
  return page;
}

Result<std::optional<pb::Event>> event_by_id(const store::Reader& reader, std::string_view id) {
  TRY(const auto key, reader.get(keys::event_id(id)));
  if (!key) return std::optional<pb::Event>{};
  return read_record<pb::Event>(reader, *key);
}

Result<std::vector<pb::Account>> accounts(const store::Reader& reader, std::string_view prefix) {
  return all<pb::Account>(reader, keys::account(prefix));
}

Result<Page<pb::Account>> account_page(const store::Reader& reader, std::string_view prefix,
                                       const PageRequest& request) {
  std::string first = keys::account(prefix);
  std::string end = store::prefix_end(first);
  Page<pb::Account> page;
  page.backwards = request.ending_before.has_value();
  if (const auto& cursor = page.backwards ? request.ending_before : request.starting_after) {
    const std::string at = keys::account(*cursor);
    TRY(const auto known, reader.get(at));
    if (!known || !cursor->starts_with(prefix)) {
      return fail(Errc::Invalid, "invalid_cursor", "no such account",
                  page.backwards ? "ending_before" : "starting_after");
    }
    (page.backwards ? end : first) = page.backwards ? at : at + '\0';
  }
  Status failed;
  const auto visit = [&](std::string_view, std::string_view value) {
    if (page.data.size() == request.limit) {
      page.has_more = true;
      return false;
    }
    auto record = parse_record<pb::Account>(value);
    if (!record) {
      failed = std::unexpected(record.error());
      return false;
    }
    page.data.push_back(*std::move(record));
    return true;
  };
  if (page.backwards) {
    TRY_OK(reader.scan_reverse(first, end, visit));
    std::ranges::reverse(page.data);
  } else {
    TRY_OK(reader.scan(first, end, visit));
  }
  TRY_OK(failed);
  return page;
}

Result<std::optional<pb::Account>> account_at(const store::Reader& reader, std::string_view code,
                                              Time at) {
  TRY(auto account, read_record<pb::Account>(reader, keys::account(code)));
  if (!account || account->created() > to_ms(at)) return std::optional<pb::Account>{};
  account->clear_counters();
  account->clear_uncleared_since();
  if (account->closed() > to_ms(at)) account->clear_closed();
  Status failed;
  TRY_OK(reader.scan_reverse(keys::account_history(code),
                             keys::account_history(code, at + std::chrono::milliseconds{1}, 0),
                             [&](std::string_view, std::string_view value) {
                               auto row = parse_record<pb::HistoryRow>(value);
                               if (row) {
                                 *account->mutable_counters() = row->counters();
                                 account->set_uncleared_since(row->uncleared_since());
                               } else {
                                 failed = std::unexpected(row.error());
                               }
                               return false;
                             }));
  TRY_OK(failed);
  return account;
}

Result<Page<pb::Entry>> entries(const store::Reader& reader, std::string_view account_prefix,
                                bool exact, const PageRequest& page) {
  if (account_prefix.empty()) {
    return page_of<pb::Entry>(
        reader, keys::entry({}), page, {},
        [](std::string_view, std::string_view value) { return parse_record<pb::Entry>(value); });
  }
  std::optional<pb::Entry> cursor;
  if (const auto& id = page.ending_before ? page.ending_before : page.starting_after) {
    TRY(cursor, read_record<pb::Entry>(reader, keys::entry(*id)));
    if (!cursor) return fail(Errc::Invalid, "invalid_cursor", "no such entry");
  }
  std::vector<std::string> ids;
  if (exact) {
    TRY_OK(collect_entries(reader, std::string(account_prefix), page, cursor, ids));
  } else {
    TRY(const auto codes, accounts(reader, account_prefix));
    for (const pb::Account& account : codes) {
      TRY_OK(collect_entries(reader, account.code(), page, cursor, ids));
    }
  }
  std::ranges::sort(ids, std::greater{});
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  Page<pb::Entry> out;
  out.backwards = page.ending_before.has_value();
  out.has_more = ids.size() > page.limit;
  if (out.has_more && page.ending_before) {
    ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(page.limit));
  }
  ids.resize(std::min(ids.size(), page.limit));
  for (const std::string& id : ids) {
    TRY(auto entry, read_record<pb::Entry>(reader, keys::entry(id)));
    if (!entry) return fail(Errc::Corrupt, "corrupt_record", "an index names no entry");
    out.data.push_back(*std::move(entry));
  }
  return out;
}

Result<std::vector<pb::Payout>> open_payouts(const store::Reader& reader, std::string_view chain,
                                             std::string_view signer) {
  const std::string prefix = keys::open_payouts(chain, signer);
  std::vector<std::string> ids;
  TRY_OK(
      reader.scan(prefix, store::prefix_end(prefix), [&](std::string_view key, std::string_view) {
        ids.emplace_back(key.substr(prefix.size(), kIdBytes));
        return true;
      }));
  std::vector<pb::Payout> out;
  for (const std::string& id : ids) {
    TRY(auto payout, read_record<pb::Payout>(reader, keys::payout(id)));
    if (!payout) return fail(Errc::Corrupt, "corrupt_record", "an index names no payout");
    out.push_back(*std::move(payout));
  }
  return out;
}

Result<std::vector<pb::Chain>> chains(const store::Reader& reader) {
  return all<pb::Chain>(reader, keys::chain({}));
}

Result<std::vector<pb::Block>> recent_blocks(const store::Reader& reader, std::string_view chain) {
  return all<pb::Block>(reader, keys::block(chain));
}

Result<std::vector<pb::Endpoint>> all_endpoints(const store::Reader& reader) {
  return all<pb::Endpoint>(reader, keys::endpoint({}));
}

Result<std::vector<pb::ApiKey>> all_api_keys(const store::Reader& reader) {
  return all<pb::ApiKey>(reader, keys::api_key({}));
}

}  // namespace settled::ledger::reports
