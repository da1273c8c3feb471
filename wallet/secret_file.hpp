#pragma once

#include <filesystem>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// The only place of the wallet that touches the disk.

struct SecretFile {
  Secret content;
  /// The group or others may read it: the caller warns, because some deployments mount secrets so.
  bool readable_by_others = false;
};

/// A regular file of at most 64 KiB. One newline at its end is not part of the secret.
/// Errors: NotFound `secret_file_missing`, Invalid `secret_file_unreadable` (rights, a directory),
/// `secret_file_too_large`.
Result<SecretFile> read_secret_file(const std::filesystem::path& path);

/// Creates the file with mode 0600 and syncs it and its folder. Never overwrites: Conflict
/// `file_exists`. Other failures are Unavailable `file_not_written` and leave no file.
Status write_secret_file(const std::filesystem::path& path, BytesView content);

}  // namespace settled::wallet
