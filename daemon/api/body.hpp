#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>
#include <nlohmann/json_fwd.hpp>

#include "daemon/http/message.hpp"
#include "ledger/commands.pb.h"
#include "ledger/types/result.hpp"

namespace settled::daemon::api {

/// The body as a JSON object; an empty one is {}. Errors: Invalid `unsupported_media_type`, those
/// of `parse_strict`, `invalid_type`.
Result<nlohmann::json> body_of(const http::Request& request);

/// The request's idempotency key in the scope of an API key (raw id), or nothing where it has none.
/// Error: Invalid `invalid_idempotency_key` unless it is 1..255 visible ASCII characters.
Result<std::optional<ledger::pb::IdempotencyKey>> idempotency_key_of(const http::Request& request,
                                                                     const nlohmann::json& body,
                                                                     const std::string& api_key);

void set_metadata(google::protobuf::RepeatedPtrField<ledger::pb::Pair>& out,
                  std::vector<std::pair<std::string, std::string>> metadata);

}  // namespace settled::daemon::api
