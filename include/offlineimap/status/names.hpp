// File names of the metadata tree (reference: on-disk formats §1).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "offlineimap/base/types.hpp"

namespace offlineimap::status {

// '' → "." → "dot"; every '/' → '.'; nothing else is escaped, so the original finds the same files. Throws
// Error{folder, unsafe_name} for what would leave its directory or is no file name ("..", NUL, longer than
// 255 bytes), and for the names of files of ours.
std::string state_file_name(const base::FolderName& folder);

// Where a state file is written before it takes its place: in the same directory, under a name that is no
// folder's. (The original's `FOLDER.tmp` is the file of a folder that is called so.)
std::filesystem::path temporary_of(const std::filesystem::path& state_file);
// Where the open intents of a plain status live, likewise.
std::filesystem::path intents_of(const std::filesystem::path& plain_status);

struct MetadataTree {
    std::filesystem::path root;  // [general] metadata

    std::filesystem::path account_lock(std::string_view account) const;
    std::filesystem::path plain_status(std::string_view account, const base::FolderName& folder) const;
    std::filesystem::path sqlite_status(std::string_view account, const base::FolderName& folder) const;
    std::filesystem::path folder_validity(std::string_view repository, const base::FolderName& folder) const;
    std::filesystem::path uid_mapping(std::string_view repository, const base::FolderName& folder) const;
    std::filesystem::path start_uid(std::string_view repository, const base::FolderName& folder) const;
    // Ours: the UIDVALIDITY that the account's own UIDs belong to.
    std::filesystem::path epoch(std::string_view account, const base::FolderName& remote_folder) const;
    // Ours: which directory the folder was (docs/files.md).
    std::filesystem::path folder_identity(std::string_view repository, const base::FolderName& folder) const;
    // Ours (renumbering.hpp).
    std::filesystem::path renumbering(std::string_view account, const base::FolderName& folder) const;
    // Ours (failed_adoption.hpp).
    std::filesystem::path failed_adoption(std::string_view account, const base::FolderName& folder) const;
    std::filesystem::path mbnames(std::string_view account) const;

  private:
    std::filesystem::path of_account(std::string_view account, const char* kind) const;
    std::filesystem::path of_repository(std::string_view repository, const char* kind) const;
};

}  // namespace offlineimap::status
