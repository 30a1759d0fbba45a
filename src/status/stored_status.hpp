// What a status file holds, read without changing anything: for dry runs and for moving a folder from one
// format to the other.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "offlineimap/status/folder_status.hpp"

namespace offlineimap::status {

struct StoredStatus {
    std::vector<Row> rows;  // ascending UIDs
    std::vector<Intent> intents;
    std::string warning;  // for the user; empty: nothing
};

// nullopt: there is no such file or (SQLite) nothing was ever stored in it. Errors as FolderStatus has them.
std::optional<StoredStatus> read_plain_status(const std::filesystem::path& file);
std::optional<StoredStatus> read_sqlite_status(const std::filesystem::path& file);

// Whether the file exists and is not empty. Throws if that cannot be found out.
bool has_content(const std::filesystem::path& file);

// Creates the directory of a status file, 0700, and makes it durable if asked.
void make_status_directory(const std::filesystem::path& directory, Durability durability);

}  // namespace offlineimap::status
