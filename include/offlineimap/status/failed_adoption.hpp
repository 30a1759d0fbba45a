// What a folder looked like, on both sides, when its messages could not all be recognised under a new
// UIDVALIDITY: `Account-ACCOUNT/FailedAdoption/FOLDER`, a line of text (docs/files.md). As long as it looks
// the same, another attempt would end the same.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace offlineimap::status {

// nullopt: no attempt has failed.
std::optional<std::string> read_failed_adoption(const std::filesystem::path& file);
// `look` has no LF. Creates the directory (0700).
void write_failed_adoption(const std::filesystem::path& file, const std::string& look);
void forget_failed_adoption(const std::filesystem::path& file);

}  // namespace offlineimap::status
