#include "offlineimap/status/folder_status.hpp"

#include <system_error>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/status/names.hpp"

#include "stored_status.hpp"

namespace offlineimap::status {

namespace {

constexpr auto kSeverity = base::Severity::folder;

class ReadOnlyStatus final : public FolderStatus {
  public:
    ReadOnlyStatus(std::filesystem::path file, StoredStatus content)
        : file_(std::move(file)), content_(std::move(content)) {
        warning_ = content_.warning;
    }
    std::vector<Row> load() override { return content_.rows; }
    std::vector<Intent> intents() override { return content_.intents; }
    void apply(const Changes& changes) override {
        if (changes.empty()) return;
        throw base::Error(kSeverity, base::ErrorCode::permission,
                          "status file '" + file_.string() + "' was opened for reading only");
    }

  private:
    std::filesystem::path file_;
    StoredStatus content_;
};

}  // namespace

bool Changes::empty() const noexcept {
    return put.empty() && set_flags.empty() && erase.empty() && open_intents.empty() &&
           close_intents.empty() && acknowledge_intents.empty();
}

std::unique_ptr<FolderStatus> open_read_only(const StatusPaths& paths) {
    if (auto sqlite = read_sqlite_status(paths.sqlite)) {
        return std::make_unique<ReadOnlyStatus>(paths.sqlite, std::move(*sqlite));
    }
    auto plain = read_plain_status(paths.plain);
    return std::make_unique<ReadOnlyStatus>(paths.plain, plain ? std::move(*plain) : StoredStatus{});
}

bool exists(const StatusPaths& paths) {
    return has_content(paths.sqlite) || has_content(paths.plain);
}

std::vector<std::filesystem::path> companions(const StatusPaths& paths) {
    const auto sqlite = paths.sqlite.string();
    return {sqlite + "-journal", sqlite + "-wal", sqlite + "-shm"};
}

void purge(const StatusPaths& paths) {
    // The database goes before its journal: SQLite throws a journal without a database away, while a database
    // that lost its journal may be half written.
    os::remove_file(paths.sqlite, kSeverity);
    for (const auto& file : companions(paths)) os::remove_file(file, kSeverity);
    os::remove_file(paths.plain, kSeverity);
    os::remove_file(intents_of(paths.plain), kSeverity);
}

bool has_content(const std::filesystem::path& file) {
    std::error_code failure;
    const auto size = std::filesystem::file_size(file, failure);
    if (!failure) return size > 0;
    // What cannot be looked at is not absent: taken as such, it would be an empty status.
    if (failure != std::errc::no_such_file_or_directory) {
        os::throw_errno(kSeverity, "look at", file, failure.value());
    }
    return false;
}

void make_status_directory(const std::filesystem::path& directory, Durability durability) {
    std::error_code ignored;
    if (std::filesystem::is_directory(directory, ignored)) return;
    os::make_directories(directory, 0700, kSeverity);
    if (durability == Durability::relaxed) return;
    // The account's directory may be new as well.
    const auto account = std::filesystem::absolute(directory).parent_path();
    os::sync_directory(account, kSeverity);
    os::sync_directory(account.parent_path(), kSeverity);
}

}  // namespace offlineimap::status
