// File names of the metadata tree (reference: on-disk formats §1).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "offlineimap/base/types.hpp"

namespace offlineimap::status {

// '' → "." → "dot"; every '/' → '.'; nothing else is escaped, so the original finds the same files. Throws
// Error{folder, unsafe_name} for what would leave its directory or is no file name ("..", NUL, longer than
// 255 bytes).
std::string state_file_name(const base::FolderName& folder);

struct MetadataTree {
    std::filesystem::path root;  // [general] metadata

    std::filesystem::path account_lock(std::string_view account) const;
    std::filesystem::path plain_status(std::string_view account, const base::FolderName& folder) const;
    std::filesystem::path sqlite_status(std::string_view account, const base::FolderName& folder) const;
    std::filesystem::path folder_validity(std::string_view repository, const base::FolderName& folder) const;
    std::filesystem::path uid_mapping(std::string_view repository, const base::FolderName& folder) const;
    std::filesystem::path start_uid(std::string_view repository, const base::FolderName& folder) const;
    std::filesystem::path mbnames(std::string_view account) const;
};

}  // namespace offlineimap::status
