#include "offlineimap/status/names.hpp"

#include <algorithm>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

namespace offlineimap::status {

namespace {

constexpr std::size_t kLongestFileName = 255;  // NAME_MAX wherever we run

[[noreturn]] void refuse(const base::FolderName& folder, const std::string& reason) {
    throw base::Error(base::Severity::folder, base::ErrorCode::unsafe_name,
                      "no state can be kept for folder '" + base::printable(folder.text()) + "': " + reason);
}

std::filesystem::path named(std::string_view prefix, std::string_view name) {
    return std::string(prefix) + std::string(name);
}

}  // namespace

std::string state_file_name(const base::FolderName& folder) {
    std::string name = folder.text();
    std::replace(name.begin(), name.end(), '/', '.');
    if (name.empty() || name == ".") return "dot";
    if (name == "..") refuse(folder, "its file name would be '..'");
    if (name.find('\0') != std::string::npos) refuse(folder, "its name contains a NUL");
    if (name.size() > kLongestFileName) refuse(folder, "its name is too long for a file name");
    return name;
}

std::filesystem::path MetadataTree::account_lock(std::string_view account) const {
    return root / (std::string(account) + ".lock");
}

std::filesystem::path MetadataTree::plain_status(std::string_view account,
                                                 const base::FolderName& folder) const {
    return root / named("Account-", account) / "LocalStatus" / state_file_name(folder);
}

std::filesystem::path MetadataTree::sqlite_status(std::string_view account,
                                                  const base::FolderName& folder) const {
    return root / named("Account-", account) / "LocalStatus-sqlite" / state_file_name(folder);
}

std::filesystem::path MetadataTree::folder_validity(std::string_view repository,
                                                    const base::FolderName& folder) const {
    return root / named("Repository-", repository) / "FolderValidity" / state_file_name(folder);
}

std::filesystem::path MetadataTree::uid_mapping(std::string_view repository,
                                                const base::FolderName& folder) const {
    return root / named("Repository-", repository) / "UIDMapping" / state_file_name(folder);
}

std::filesystem::path MetadataTree::start_uid(std::string_view repository,
                                              const base::FolderName& folder) const {
    return root / named("Repository-", repository) / "StartUID" / state_file_name(folder);
}

std::filesystem::path MetadataTree::mbnames(std::string_view account) const {
    return root / "mbnames" / (std::string(account) + ".json");
}

}  // namespace offlineimap::status
