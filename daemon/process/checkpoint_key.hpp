#pragma once

#include <string>

namespace settled::daemon::process {

/// The name under which the books of a daemon are signed, from the URL at which it is reached:
/// "https://pay.example.com" gives "pay.example.com/book".
std::string book_name(const std::string& public_url);

}  // namespace settled::daemon::process
