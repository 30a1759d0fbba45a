#include "offlineimap/maildir/md5_migration.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "offlineimap/maildir/exclusive_rename.hpp"

#include "directory_stream.hpp"

namespace offlineimap::maildir {

namespace {

constexpr std::string_view kField = "FMD5=";

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The hash behind the first "FMD5="; empty: none.
std::string_view hash_in(std::string_view name) {
    const auto at = name.find(kField);
    if (at == std::string_view::npos) return {};
    const auto value = name.substr(at + kField.size());
    const auto* const end = std::find_if_not(value.begin(), value.end(), is_hex_digit);
    return value.substr(0, static_cast<std::size_t>(end - value.begin()));
}

std::string with_hash(const std::string& name, const std::string& hash) {
    const auto at = name.find(kField) + kField.size();
    return name.substr(0, at) + hash + name.substr(at + hash_in(name).size());
}

// All names first: what is renamed while a directory is read may be met twice.
std::vector<std::string> message_names(int directory, const std::filesystem::path& path) {
    std::vector<std::string> names;
    DirectoryStream stream(directory, ".", path, base::Severity::folder);
    while (const auto* entry = stream.next()) {
        const std::string_view name = entry->d_name;
        if (!name.starts_with('.')) names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

void rename_in(int directory, const std::filesystem::path& path, const std::string& from,
               const std::string& to) {
    const int reason = rename_exclusively({directory, from}, {directory, to});
    if (reason != 0 && reason != ENOENT)
        os::throw_errno(base::Severity::folder, "rename message", path / from, reason);
}

void migrate_directory(const std::filesystem::path& path, const Md5Migration& migration,
                       const Md5Findings& findings, const std::stop_token& stop) {
    const auto directory = os::open_directory(path, base::Severity::folder);
    bool renamed = false;
    for (const auto& name : message_names(directory.get(), path)) {
        if (stop.stop_requested()) break;
        const auto hash = hash_in(name);
        if (hash.empty() || hash == migration.to) continue;
        if (hash != migration.from) {
            findings.inconsistent(path / name);
            continue;
        }
        findings.outdated(path / name);
        if (migration.dry_run) continue;
        rename_in(directory.get(), path, name, with_hash(name, migration.to));
        renamed = true;
    }
    if (renamed && migration.sync == os::Sync::yes) os::sync_directory(path, base::Severity::folder);
}

}  // namespace

void migrate_md5(const Md5Migration& migration, const Md5Findings& findings, const std::stop_token& stop) {
    for (const char* const name : {"new", "cur"})
        migrate_directory(migration.folder / name, migration, findings, stop);
}

}  // namespace offlineimap::maildir
