#pragma once

#include <array>
#include <string_view>

namespace settled::wallet {

/// The English word list of BIP-39, in alphabetical order.
extern const std::array<std::string_view, 2048> kEnglishWords;

}  // namespace settled::wallet
