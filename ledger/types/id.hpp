#pragma once

#include <algorithm>
#include <compare>
#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled {

/// The sixteen bytes behind every id: 48 bits of milliseconds since 1970, then 80 bits of
/// randomness (the layout of ULID). Byte order is time order.
using IdBytes = FixedBytes<16, struct IdTag>;

/// Crockford's base 32 in lower case, 26 characters; sorts as the bytes do.
std::string encode_id(const IdBytes& bytes);
Result<IdBytes> decode_id(std::string_view text);
/// The instant in an id's first 48 bits.
Time time_of(const IdBytes& bytes);

template <std::size_t N>
struct IdPrefix {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal names the prefix in `Id<"pi_">`.
  consteval IdPrefix(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  char text[N]{};
};

/// An id of one kind of object, e.g. `pi_01kaq...`. Kinds do not convert into one another.
template <IdPrefix Prefix>
struct Id {
  IdBytes value;

  static constexpr std::string_view prefix() { return Prefix.text; }
  auto operator<=>(const Id&) const = default;
  std::string to_string() const { return std::string(prefix()) + encode_id(value); }
  std::string raw() const { return value.raw(); }
  Time created() const { return time_of(value); }

  /// Error: NotFound `not_found`, since a malformed id names no object.
  static Result<Id> parse(std::string_view text) {
    if (!text.starts_with(prefix())) return fail(Errc::NotFound, "not_found", "no such object");
    TRY(const IdBytes bytes, decode_id(text.substr(prefix().size())));
    return Id{bytes};
  }
  /// REQUIRES: sixteen bytes, as stored records hold.
  static Id from_raw(std::string_view raw) {
    INVARIANT(raw.size() == IdBytes::kSize);
    return Id{fixed_from<IdBytes>(raw)};
  }
};

using IntentId = Id<"pi_">;
using TransferId = Id<"tr_">;
using PayoutId = Id<"po_">;
using EntryId = Id<"en_">;
using EventId = Id<"evt_">;
using EndpointId = Id<"we_">;
using MerchantId = Id<"mer_">;
using ApiKeyId = Id<"key_">;
using DeliveryId = Id<"del_">;
using RefundId = Id<"re_">;
using PeriodId = Id<"per_">;
using IncidentId = Id<"inc_">;

/// Makes ids that only grow: within one millisecond, or when the clock steps back, the last id
/// plus one. Pure: time and entropy come from the caller, so the same inputs give the same ids.
class IdSequence {
 public:
  explicit IdSequence(IdBytes last = {}) : last_(last) {}
  /// `entropy`: at least 10 bytes, used when the millisecond is new.
  IdBytes next(Time now, BytesView entropy);
  const IdBytes& last() const { return last_; }

 private:
  IdBytes last_;
};

}  // namespace settled
