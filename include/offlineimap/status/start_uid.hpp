// The UID that a folder's sync begins at (`startdate`): `Repository-REPO/StartUID/FOLDER`, a decimal number
// and LF. It is found once, at the folder's first sync, and kept.
#pragma once

#include <filesystem>
#include <optional>

#include "offlineimap/base/types.hpp"

namespace offlineimap::status {

// nullopt: not saved yet. A file that is no UID throws Error{folder, corrupt_state}.
std::optional<base::Uid> read_start_uid(const std::filesystem::path& file);
// Replaces the file, durably. Creates the directory (0700).
void write_start_uid(const std::filesystem::path& file, base::Uid uid);
void forget_start_uid(const std::filesystem::path& file);

}  // namespace offlineimap::status
