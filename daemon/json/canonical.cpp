#include "daemon/json/canonical.hpp"

#include <functional>
#include <map>
#include <type_traits>

#include <nlohmann/json.hpp>

namespace settled::daemon::json {

// The order of keys is the container's.
static_assert(
    std::is_same_v<nlohmann::json::object_t, std::map<std::string, nlohmann::json, std::less<>>>);

std::string canonical(const nlohmann::json& value) {
  return value.dump();
}

}  // namespace settled::daemon::json
