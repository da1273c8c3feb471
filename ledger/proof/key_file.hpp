#pragma once

#include <filesystem>
#include <string>

#include "ledger/proof/note.hpp"

namespace settled::proof {

/// The signing key in `path`, which only its owner may read. Where there is no such file, a new key
/// of that name is made and the file with it (mode 0600, durable before this returns). A file that
/// exists is never written.
/// Errors: Unavailable `checkpoint_key_unreadable`, Invalid `invalid_signing_key`, Rejected
/// `checkpoint_key_exposed` where others may read it.
Result<SigningKey> open_key_file(const std::filesystem::path& path, const std::string& name,
                                 Random& random);

}  // namespace settled::proof
