#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/repeated_ptr_field.h>
#include <nlohmann/json.hpp>

#include "daemon/render/render.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/id.hpp"

/// The values that objects are made of. All REQUIRE bytes as the book writes them: anything else
/// is a bug of ours and stops the process.
namespace settled::daemon::render {

/// An empty field is zero.
Amount stored_amount(std::string_view raw);
std::string money(std::string_view raw);
std::string base_units(std::string_view raw, std::uint32_t decimals);
std::string time_text(std::int64_t ms);
/// EIP-55, the zero address as digits too.
std::string address_text(std::string_view raw);
/// 0x and lower case.
std::string hash_text(std::string_view raw);
Json optional_text(std::string_view text);
Json metadata(const google::protobuf::RepeatedPtrField<pb::Pair>& pairs);

template <typename Id>
std::string id_text(std::string_view raw) {
  return Id::from_raw(raw).to_string();
}
/// null where the record names nothing.
template <typename Id>
Json optional_id(std::string_view raw) {
  return raw.empty() ? Json(nullptr) : Json(id_text<Id>(raw));
}

/// The four fields that every object begins with.
Json object_head(std::string id, std::string_view object, std::int64_t created,
                 const Context& context);

}  // namespace settled::daemon::render
