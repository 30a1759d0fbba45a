#include "offlineimap/status/names.hpp"

#include <algorithm>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/digest.hpp"

namespace offlineimap::status {

namespace {

constexpr std::size_t kLongestFileName = 255;                                // NAME_MAX wherever we run
constexpr std::size_t kLongestSuffix = std::string_view("-journal").size();  // SQLite's

// Files of ours are called ".offlineimap-<MD5 of the state file's name><suffix>": short, however long that
// is.
constexpr std::string_view kOwnPrefix = ".offlineimap-";
constexpr std::size_t kDigestLength = 32;
constexpr std::string_view kTemporarySuffix = ".tmp";
constexpr std::string_view kIntentsSuffix = ".intents";

[[noreturn]] void refuse(const base::FolderName& folder, const std::string& reason) {
    throw base::Error(base::Severity::folder, base::ErrorCode::unsafe_name,
                      "no state can be kept for folder '" + base::printable(folder.text()) + "': " + reason);
}

bool is_own_file(std::string_view name) {
    if (!name.starts_with(kOwnPrefix) || name.size() < kOwnPrefix.size() + kDigestLength) return false;
    const auto suffix = name.substr(kOwnPrefix.size() + kDigestLength);
    return suffix == kTemporarySuffix || suffix == kIntentsSuffix;
}

std::filesystem::path own_file_for(const std::filesystem::path& state_file, std::string_view suffix) {
    const auto digest = os::digest_hex(os::DigestKind::md5, state_file.filename().string());
    return state_file.parent_path() / (std::string(kOwnPrefix) + digest + std::string(suffix));
}

// Longer names would fail in the middle of the first sync, when SQLite makes its journal.
std::string status_file_name(const base::FolderName& folder) {
    auto name = state_file_name(folder);
    if (name.size() > kLongestFileName - kLongestSuffix) {
        refuse(folder, "its name is too long for a status file and the journal beside it, at most " +
                           std::to_string(kLongestFileName - kLongestSuffix) + " bytes");
    }
    return name;
}

}  // namespace

std::string state_file_name(const base::FolderName& folder) {
    std::string name = folder.text();
    std::replace(name.begin(), name.end(), '/', '.');
    if (name.empty() || name == ".") return "dot";
    if (name == "..") refuse(folder, "its file name would be '..'");
    if (name.find('\0') != std::string::npos) refuse(folder, "its name contains a NUL");
    if (name.size() > kLongestFileName) refuse(folder, "its name is too long for a file name");
    if (is_own_file(name)) refuse(folder, "it is called as a file that we keep for other folders");
    return name;
}

std::filesystem::path temporary_of(const std::filesystem::path& state_file) {
    return own_file_for(state_file, kTemporarySuffix);
}

std::filesystem::path intents_of(const std::filesystem::path& plain_status) {
    return own_file_for(plain_status, kIntentsSuffix);
}

std::filesystem::path MetadataTree::account_lock(std::string_view account) const {
    return root / (std::string(account) + ".lock");
}

std::filesystem::path MetadataTree::of_account(std::string_view account, const char* kind) const {
    return root / ("Account-" + std::string(account)) / kind;
}

std::filesystem::path MetadataTree::of_repository(std::string_view repository, const char* kind) const {
    return root / ("Repository-" + std::string(repository)) / kind;
}

std::filesystem::path MetadataTree::plain_status(std::string_view account,
                                                 const base::FolderName& folder) const {
    return of_account(account, "LocalStatus") / status_file_name(folder);
}

std::filesystem::path MetadataTree::sqlite_status(std::string_view account,
                                                  const base::FolderName& folder) const {
    return of_account(account, "LocalStatus-sqlite") / status_file_name(folder);
}

std::filesystem::path MetadataTree::epoch(std::string_view account,
                                          const base::FolderName& remote_folder) const {
    return of_account(account, "Epoch") / state_file_name(remote_folder);
}

std::filesystem::path MetadataTree::renumbering(std::string_view account,
                                                const base::FolderName& folder) const {
    return of_account(account, "Renumbering") / state_file_name(folder);
}

std::filesystem::path MetadataTree::failed_adoption(std::string_view account,
                                                    const base::FolderName& folder) const {
    return of_account(account, "FailedAdoption") / state_file_name(folder);
}

std::filesystem::path MetadataTree::folder_validity(std::string_view repository,
                                                    const base::FolderName& folder) const {
    return of_repository(repository, "FolderValidity") / state_file_name(folder);
}

std::filesystem::path MetadataTree::uid_mapping(std::string_view repository,
                                                const base::FolderName& folder) const {
    return of_repository(repository, "UIDMapping") / state_file_name(folder);
}

std::filesystem::path MetadataTree::start_uid(std::string_view repository,
                                              const base::FolderName& folder) const {
    return of_repository(repository, "StartUID") / state_file_name(folder);
}

std::filesystem::path MetadataTree::folder_identity(std::string_view repository,
                                                    const base::FolderName& folder) const {
    return of_repository(repository, "FolderIdentity") / state_file_name(folder);
}

std::filesystem::path MetadataTree::mbnames(std::string_view account) const {
    return root / "mbnames" / (std::string(account) + ".json");
}

}  // namespace offlineimap::status
