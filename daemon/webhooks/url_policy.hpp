#pragma once

#include <string>
#include <string_view>

#include "chains/http/url.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::webhooks {

/// What can be said of an endpoint's URL by its text: absolute, https (http too where private
/// networks are allowed), at most 2,048 bytes, no user and password; the host no address outside
/// the public internet, no number that resolvers read as one (2130706433, 127.1, 0x7f.1), not
/// localhost. Pure. Error: Rejected `forbidden_url`, param `url`.
Result<chains::http::Url> check_url_text(std::string_view url, bool allow_private_networks);

std::unexpected<Error> forbidden_url(std::string detail);

}  // namespace settled::daemon::webhooks
