// What both sides of a folder agreed on when they were last in step: one row a message. Two formats, both the
// original's: SQLite (schema version 2) and plain text (versions 1 and 2). Rows are facts that happened; what
// is about to happen is an intent, kept apart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/mail/flags.hpp"

namespace offlineimap::status {

struct Row {
    base::Uid uid;
    mail::Flags flags = {};
    std::int64_t mtime = 0;                // seconds; 0 unless labels are synced
    std::vector<std::string> labels = {};  // sorted
    bool operator==(const Row&) const = default;
};

// A message that is about to be uploaded. Written, durably, before its first byte goes out; cleared with the
// record of its UID. A run that finds one open asks the server whether the message got there.
struct Intent {
    std::string local_name = {};             // file name in the Maildir, without directory
    std::uint64_t wire_size = 0;             // of the bytes sent
    std::string sha256 = {};                 // hex, of the bytes sent, in mail::RecognisableForm
    std::string header_sha256 = {};          // the same of the header block, its empty line included
    std::string message_id = {};             // empty: none
    std::optional<base::Uid> uid_next = {};  // the destination's UIDNEXT before; nullopt: unknown
    base::UidValidity uid_validity{0};       // the destination's
    bool acknowledged = false;               // the server said that it has it, but not under which UID
    bool operator==(const Intent&) const = default;
};

// One transaction: all of it is durable when apply() returns (with fsync), or none of it happened. Should two
// parts name the same message or intent: `erase` goes first, then `put`, then `set_flags`; intents are closed
// before others are opened, and acknowledged last.
struct Changes {
    std::vector<Row> put = {};        // insert or replace the whole row
    std::vector<Row> set_flags = {};  // only the flags of an existing row change
    std::vector<base::Uid> erase = {};
    std::vector<Intent> open_intents = {};
    std::vector<std::string> close_intents = {};        // by local_name
    std::vector<std::string> acknowledge_intents = {};  // by local_name; those not open are passed over
    bool empty() const noexcept;
};

enum class Durability { fsync, relaxed };

// What opening did to the file, for the user's line.
enum class Opened { existing, created, upgraded, migrated };

// One folder's status. Not thread-safe: the thread that syncs the folder owns it. Errors are Error{folder,
// corrupt_state} naming the file and what to do, Error{folder, io|disk_full|permission} otherwise. A corrupt
// file is never replaced or taken as empty.
class FolderStatus {
  public:
    virtual ~FolderStatus() = default;
    virtual std::vector<Row> load() = 0;  // ascending UIDs
    virtual std::vector<Intent> intents() = 0;
    virtual void apply(const Changes& changes) = 0;
    Opened opened() const noexcept { return opened_; }
    // What the user should be told about the file as it was found; empty: nothing.
    const std::string& warning() const noexcept { return warning_; }

  protected:
    Opened opened_ = Opened::existing;
    std::string warning_;
};

// The two files a folder's status may live in, below `<metadata>/Account-ACCOUNT/`.
struct StatusPaths {
    std::filesystem::path sqlite;  // LocalStatus-sqlite/FOLDER
    std::filesystem::path plain;   // LocalStatus/FOLDER
};

// Creates the directory (0700) and the file as needed. If there is no SQLite status, or one without tables or
// an empty file, and a plain one exists, the plain one (v1 or v2) is migrated in one transaction and stays
// where it is. Version 1 tables are upgraded. A newer version is refused. "database is locked" waits with a
// limit.
std::unique_ptr<FolderStatus> open_sqlite(const StatusPaths& paths, Durability durability);

// Text, format 2 (a format 1 file is rewritten). Written whole beside the file, then renamed. Intents live
// beside it in a file of ours (intents_of): the UID is recorded first, then its intent cleared.
std::unique_ptr<FolderStatus> open_plain(const StatusPaths& paths, Durability durability);

// Read-only view for dry runs and --info: nothing is created or changed; a folder without a status is empty.
std::unique_ptr<FolderStatus> open_read_only(const StatusPaths& paths);

// Files that SQLite makes, reads and deletes beside its own, whatever folder has such a name.
std::vector<std::filesystem::path> companions(const StatusPaths& paths);
// Whether anything is stored for the folder.
bool exists(const StatusPaths& paths);
// Forgets a folder (the purge when a folder is made anew on one side): both files and what belongs to them.
void purge(const StatusPaths& paths);

}  // namespace offlineimap::status
