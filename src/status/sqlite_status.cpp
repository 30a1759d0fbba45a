#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/os/stop_point.hpp"
#include "offlineimap/status/folder_status.hpp"
#include "offlineimap/status/sqlite_database.hpp"

#include "corrupt_state.hpp"
#include "labels.hpp"
#include "stored_status.hpp"

namespace offlineimap::status {

namespace {

constexpr auto kSeverity = base::Severity::folder;
constexpr std::int64_t kVersion = 2;

// SQLite keeps the text of a CREATE statement in the file, so these are the original's to the letter.
constexpr const char* kCreateTables =
    "CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
    "INSERT INTO metadata VALUES('db_version', '2');"
    "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50), mtime INTEGER, labels VARCHAR(256));";

constexpr std::string_view kIntentsTable = "offlineimap_intents";
// The original reads and writes its two tables by name only and never looks at this one. It is made when the
// first intent is opened.
constexpr const char* kCreateIntents =
    "CREATE TABLE IF NOT EXISTS offlineimap_intents (local_name TEXT PRIMARY KEY, wire_size INTEGER NOT "
    "NULL, "
    "sha256 TEXT NOT NULL, header_sha256 TEXT NOT NULL, message_id TEXT NOT NULL, uid_next INTEGER, "
    "uid_validity INTEGER NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0)";
constexpr std::string_view kAcknowledgedColumn = "acknowledged";
// For a table that was made before there was such a column.
constexpr const char* kAddAcknowledged =
    "ALTER TABLE offlineimap_intents ADD acknowledged INTEGER NOT NULL DEFAULT 0";

enum class Layout { no_tables, version_one, version_two };

std::optional<std::int64_t> stored_version(Database& database) {
    auto query = database.prepare("SELECT value FROM metadata WHERE key='db_version'");
    return query.step() ? base::parse_integer<std::int64_t>(query.text(0)) : std::nullopt;
}

// Reads the schema first: that makes SQLite undo what an interrupted run left half written.
Layout layout_of(Database& database, const std::filesystem::path& file) {
    const bool has_status = database.has_table("status");
    const auto version = database.has_table("metadata") ? stored_version(database) : std::nullopt;
    database.require_whole_file();
    if (version > kVersion) {
        throw base::Error(kSeverity, base::ErrorCode::unsupported,
                          "status file '" + file.string() + "' has version " + std::to_string(*version) +
                              ", which a newer program wrote; this one knows " + std::to_string(kVersion));
    }
    // The original commits each statement of its creation by itself; a metadata table alone is what an
    // interrupted one leaves, and no row was ever stored.
    if (!has_status) return Layout::no_tables;
    if (version < 1) {
        throw_corrupt_status("status file '" + file.string() + "' does not say which version it has", file);
    }
    return version == 1 ? Layout::version_one : Layout::version_two;
}

// Columns are added one by one because the original commits each ALTER by itself and may have been
// interrupted between them.
void upgrade_from_one(Database& database) {
    Transaction transaction(database);
    if (!database.has_column("status", "mtime")) {
        database.execute("ALTER TABLE status ADD mtime INTEGER DEFAULT 0");
    }
    if (!database.has_column("status", "labels")) {
        database.execute("ALTER TABLE status ADD labels VARCHAR(256) DEFAULT ''");
    }
    database.execute("UPDATE metadata SET value='2' WHERE key='db_version'");
    transaction.commit();
}

std::vector<Row> load_rows(Database& database, Layout layout, const std::filesystem::path& file) {
    auto query = database.prepare(layout == Layout::version_one
                                      ? "SELECT id,flags,0,'' FROM status ORDER BY id"
                                      : "SELECT id,flags,mtime,labels FROM status ORDER BY id");
    std::vector<Row> rows;
    std::int64_t previous = std::numeric_limits<std::int64_t>::min();
    while (query.step()) {
        const auto id = query.integer(0);
        // SQLite relies on the tree's order. Damaged pages betray themselves by breaking it.
        if (!rows.empty() && id <= previous) {
            throw_corrupt_status("status file '" + file.string() + "' has rows out of order", file);
        }
        previous = id;
        const auto uid = id < 1 ? std::nullopt : base::Uid::make(static_cast<std::uint64_t>(id));
        if (!uid) continue;  // nothing can match such a row; the original writes none
        rows.push_back({.uid = *uid,
                        .flags = mail::Flags::parse(query.text(1)),
                        .mtime = query.integer(2),
                        .labels = split_labels(query.text(3))});
    }
    return rows;
}

std::vector<Intent> load_intents(Database& database, const std::filesystem::path& file) {
    std::vector<Intent> intents;
    if (!database.has_table(kIntentsTable)) return intents;
    const std::string acknowledged =
        database.has_column(kIntentsTable, kAcknowledgedColumn) ? "acknowledged" : "0";
    auto query = database.prepare(
        "SELECT local_name,wire_size,sha256,header_sha256,message_id,uid_next,uid_validity," + acknowledged +
        " FROM offlineimap_intents ORDER BY local_name");
    while (query.step()) {
        const auto uid_next =
            query.is_null(5) ? std::nullopt : base::Uid::make(static_cast<std::uint64_t>(query.integer(5)));
        const auto validity = query.integer(6);
        if (validity < 0 || validity > std::numeric_limits<std::uint32_t>::max()) {
            throw_corrupt_status("status file '" + file.string() + "' has an intent that makes no sense",
                                 file);
        }
        intents.push_back({.local_name = std::string(query.text(0)),
                           .wire_size = static_cast<std::uint64_t>(query.integer(1)),
                           .sha256 = std::string(query.text(2)),
                           .header_sha256 = std::string(query.text(3)),
                           .message_id = std::string(query.text(4)),
                           .uid_next = uid_next,
                           .uid_validity = base::UidValidity(static_cast<std::uint32_t>(validity)),
                           .acknowledged = query.integer(7) != 0});
    }
    return intents;
}

void erase_rows(Database& database, std::span<const base::Uid> uids) {
    if (uids.empty()) return;
    auto statement = database.prepare("DELETE FROM status WHERE id=?");
    for (const auto uid : uids) statement.bind(1, std::int64_t{uid.value()}).run();
}

void put_rows(Database& database, std::span<const Row> rows) {
    if (rows.empty()) return;
    auto statement =
        database.prepare("INSERT OR REPLACE INTO status (id,flags,mtime,labels) VALUES (?,?,?,?)");
    for (const auto& row : rows) {
        const auto flags = row.flags.to_string();
        const auto labels = join_labels(row.labels);
        statement.bind(1, std::int64_t{row.uid.value()})
            .bind(2, flags)
            .bind(3, row.mtime)
            .bind(4, labels)
            .run();
    }
}

void set_flags(Database& database, std::span<const Row> rows) {
    if (rows.empty()) return;
    auto statement = database.prepare("UPDATE status SET flags=? WHERE id=?");
    for (const auto& row : rows) {
        const auto flags = row.flags.to_string();
        statement.bind(1, flags).bind(2, std::int64_t{row.uid.value()}).run();
    }
}

void close_intents(Database& database, std::span<const std::string> local_names) {
    if (local_names.empty() || !database.has_table(kIntentsTable)) return;
    auto statement = database.prepare("DELETE FROM offlineimap_intents WHERE local_name=?");
    for (const auto& name : local_names) statement.bind(1, name).run();
}

void add_acknowledged_column(Database& database) {
    if (!database.has_column(kIntentsTable, kAcknowledgedColumn)) database.execute(kAddAcknowledged);
}

void acknowledge_intents(Database& database, std::span<const std::string> local_names) {
    if (local_names.empty() || !database.has_table(kIntentsTable)) return;
    add_acknowledged_column(database);
    auto statement = database.prepare("UPDATE offlineimap_intents SET acknowledged=1 WHERE local_name=?");
    for (const auto& name : local_names) statement.bind(1, name).run();
}

void open_intents(Database& database, std::span<const Intent> intents) {
    if (intents.empty()) return;
    database.execute(kCreateIntents);
    add_acknowledged_column(database);
    auto statement = database.prepare(
        "INSERT OR REPLACE INTO offlineimap_intents "
        "(local_name,wire_size,sha256,header_sha256,message_id,uid_next,uid_validity,acknowledged) "
        "VALUES (?,?,?,?,?,?,?,?)");
    for (const auto& intent : intents) {
        statement.bind(1, intent.local_name)
            .bind(2, static_cast<std::int64_t>(intent.wire_size))
            .bind(3, intent.sha256)
            .bind(4, intent.header_sha256)
            .bind(5, intent.message_id)
            .bind(7, std::int64_t{intent.uid_validity.value()})
            .bind(8, std::int64_t{intent.acknowledged ? 1 : 0});
        if (intent.uid_next) {
            statement.bind(6, std::int64_t{intent.uid_next->value()});
        } else {
            statement.bind_null(6);
        }
        statement.run();
    }
}

// EXTRA is FULL plus a sync of the directory after the journal is gone. Without it a power loss can bring the
// journal back, and with it the state before a commit that was already reported as durable. Even without
// fsync NORMAL keeps the file from being damaged; OFF would not.
const char* synchronous_pragma(Durability durability) {
    return durability == Durability::fsync ? "PRAGMA synchronous=EXTRA" : "PRAGMA synchronous=NORMAL";
}

bool leaves_rows_alone(const Changes& changes) {
    return changes.put.empty() && changes.set_flags.empty() && changes.erase.empty() &&
           changes.close_intents.empty();
}

void create_tables(Database& database, const StoredStatus& content) {
    Transaction transaction(database);
    database.execute("DROP TABLE IF EXISTS metadata");
    database.execute(kCreateTables);
    put_rows(database, content.rows);
    open_intents(database, content.intents);
    transaction.commit();
}

std::optional<StoredStatus> read_tables(const std::filesystem::path& file, Database::Access access) {
    auto database = Database::open(file, access);
    const auto layout = layout_of(database, file);
    if (layout == Layout::no_tables) return std::nullopt;
    return StoredStatus{
        .rows = load_rows(database, layout, file), .intents = load_intents(database, file), .warning = {}};
}

constexpr const char* kJournalSuffixes[] = {"-journal", "-wal"};

// SQLite has to change the file before it can be read: undo what a killed process had half written.
bool was_interrupted(const std::filesystem::path& file) {
    return std::any_of(std::begin(kJournalSuffixes), std::end(kJournalSuffixes),
                       [&](const char* suffix) { return has_content(file.string() + suffix); });
}

// A private directory outside the metadata, gone with all that is in it.
class ScratchDirectory {
  public:
    ScratchDirectory() : path_((std::filesystem::temp_directory_path() / "offlineimap-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) os::throw_errno(kSeverity, "create directory", path_, errno);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

void copy_file(const std::string& from, const std::string& to) {
    using std::filesystem::perms;
    std::filesystem::copy_file(from, to);
    std::filesystem::permissions(to, perms::owner_read | perms::owner_write);
}

// Returns the copy, in which SQLite may change what it has to.
std::filesystem::path copy_with_journals(const std::filesystem::path& file, const ScratchDirectory& scratch) {
    const auto copy = scratch.path() + "/status";
    copy_file(file.string(), copy);
    for (const std::string suffix : kJournalSuffixes) {
        if (has_content(file.string() + suffix)) copy_file(file.string() + suffix, copy + suffix);
    }
    return copy;
}

std::optional<StoredStatus> read_copy(const std::filesystem::path& file) {
    try {
        const ScratchDirectory scratch;
        return read_tables(copy_with_journals(file, scratch), Database::Access::read_write);
    } catch (const std::filesystem::filesystem_error& error) {
        throw base::Error(kSeverity, base::ErrorCode::io, error.what());
    }
}

// SQLite would create the file readable for everybody; its journal takes the file's mode over.
void create_private_file(const std::filesystem::path& file) {
    const auto directory = os::open_directory(file.parent_path(), kSeverity);
    os::create_at(directory.get(), file.filename().string(), 0600, kSeverity);
}

class SqliteStatus final : public FolderStatus {
  public:
    SqliteStatus(const StatusPaths& paths, Durability durability)
        : file_(paths.sqlite), database_(Database::open(file_, Database::Access::read_write)) {
        database_.execute(synchronous_pragma(durability));
        switch (layout_of(database_, file_)) {
            case Layout::no_tables:
                fill(read_plain_status(paths.plain));
                break;
            case Layout::version_one:
                upgrade_from_one(database_);
                opened_ = Opened::upgraded;
                break;
            case Layout::version_two:
                break;
        }
    }

    std::vector<Row> load() override { return load_rows(database_, Layout::version_two, file_); }
    std::vector<Intent> intents() override { return load_intents(database_, file_); }

    void apply(const Changes& changes) override {
        if (changes.empty()) return;
        const bool intents_only = leaves_rows_alone(changes);
        Transaction transaction(database_);
        erase_rows(database_, changes.erase);
        put_rows(database_, changes.put);
        set_flags(database_, changes.set_flags);
        close_intents(database_, changes.close_intents);
        open_intents(database_, changes.open_intents);
        acknowledge_intents(database_, changes.acknowledge_intents);
        os::stop_point(intents_only ? "intent-before-commit" : "status-before-commit");
        transaction.commit();
        os::stop_point(intents_only ? "intent-after-commit" : "status-after-commit");
    }

  private:
    void fill(const std::optional<StoredStatus>& plain) {
        create_tables(database_, plain.value_or(StoredStatus{}));
        opened_ = plain ? Opened::migrated : Opened::created;
        if (plain) warning_ = plain->warning;
    }

    std::filesystem::path file_;
    Database database_;
};

}  // namespace

std::optional<StoredStatus> read_sqlite_status(const std::filesystem::path& file) {
    if (!has_content(file)) return std::nullopt;
    if (!was_interrupted(file)) return read_tables(file, Database::Access::read_only);
    try {
        return read_copy(file);
    } catch (const base::Error& error) {
        throw base::Error(error.severity(), error.code(),
                          "status file '" + file.string() +
                              "' was being written when a run was interrupted, and a copy of it cannot be "
                              "put right: " +
                              error.what());
    }
}

std::unique_ptr<FolderStatus> open_sqlite(const StatusPaths& paths, Durability durability) {
    make_status_directory(paths.sqlite.parent_path(), durability);
    create_private_file(paths.sqlite);
    return std::make_unique<SqliteStatus>(paths, durability);
}

}  // namespace offlineimap::status
