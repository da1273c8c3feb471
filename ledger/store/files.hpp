#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "ledger/types/result.hpp"

/// Files and directories beside the engine's own, made durable in the order in which they must be.
/// Errors of all: Unavailable `disk_full` where the disk or a quota is, else `file_failed`, with
/// path and cause.
namespace settled::ledger::store {

/// Syncs every file under `directory`, and every directory after what is in it.
Status sync_tree(const std::filesystem::path& directory);

/// Renames within one file system and makes both names durable. `to` must not exist, or be an empty
/// directory if `from` is a directory.
Status rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes it with all that is in it; nothing there is no error.
Status remove_tree(const std::filesystem::path& path);

/// Copies the regular files of a directory, byte for byte, into `to`, which is created. What is
/// neither file nor directory (a socket) is left out.
Status copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// A new file with this content, synced, its name not yet. Overwrites.
Status write_file(const std::filesystem::path& path, std::string_view text);

/// The whole of a file that has at most `limit` bytes. Error also: NotFound `no_file`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

/// True if there is nothing, or a directory with nothing in it.
Result<bool> absent_or_empty(const std::filesystem::path& path);

}  // namespace settled::ledger::store
