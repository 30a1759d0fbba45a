// Which directory a local folder was when it was last in step: `Repository-REPO/FolderIdentity/FOLDER`, one
// line of ours. Another directory in its place, empty, is no evidence that somebody deleted mail.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace offlineimap::status {

// nullopt: not saved yet.
std::optional<std::string> read_identity(const std::filesystem::path& file);
// Replaces the file, durably. Creates the directory (0700).
void write_identity(const std::filesystem::path& file, const std::string& identity);

}  // namespace offlineimap::status
