#include "daemon/render/value.hpp"

#include "chains/evm/address.hpp"
#include "ledger/state.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::render {

std::string text(const Json& value) {
  // Texts were UTF-8 when they came in; what a node said may have been cut anywhere.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Amount stored_amount(std::string_view raw) {
  const auto amount = ledger::amount_of(raw);
  INVARIANT(amount.has_value());
  return *amount;
}

std::string money(std::string_view raw) {
  return stored_amount(raw).to_string();
}

std::string base_units(std::string_view raw, std::uint32_t decimals) {
  const auto units = stored_amount(raw).to_base_units(static_cast<int>(decimals));
  INVARIANT(units.has_value());
  return to_string(*units);
}

std::string time_text(std::int64_t ms) {
  return to_rfc3339(from_ms(ms));
}

std::string address_text(std::string_view raw) {
  INVARIANT(raw.size() == chains::evm::Address::kSize);
  return chains::evm::to_checksum(fixed_from<chains::evm::Address>(raw));
}

std::string hash_text(std::string_view raw) {
  return to_0x(as_bytes(raw));
}

Json optional_text(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json metadata(const google::protobuf::RepeatedPtrField<pb::Pair>& pairs) {
  Json out = Json::object();
  for (const pb::Pair& pair : pairs) out[pair.key()] = pair.value();
  return out;
}

Json object_head(std::string id, std::string_view object, std::int64_t created,
                 const Context& context) {
  return {{"id", std::move(id)},
          {"object", object},
          {"created", time_text(created)},
          {"livemode", context.livemode}};
}

}  // namespace settled::daemon::render
