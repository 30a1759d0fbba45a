// The UIDVALIDITY that a folder had when it was last in step: `Repository-REPO/FolderValidity/FOLDER`, a
// decimal number and LF.
#pragma once

#include <filesystem>
#include <optional>

#include "offlineimap/base/types.hpp"

namespace offlineimap::status {

// nullopt: not saved yet. A file that is no number throws Error{folder, corrupt_state}.
std::optional<base::UidValidity> read_validity(const std::filesystem::path& file);
// Written beside, made durable, renamed. Creates the directory (0700).
void write_validity(const std::filesystem::path& file, base::UidValidity validity);
void forget_validity(const std::filesystem::path& file);

}  // namespace offlineimap::status
