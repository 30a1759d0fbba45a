// One Maildir folder on disk: scan, deliver in durable batches, rename, remove. Names and rules are the
// original's (reference: on-disk formats §8); every file operation goes through directory descriptors opened
// once. A symbolic link to a regular file is a message like any other: what it leads to is read, and the link
// is what is renamed and removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/mail/flags.hpp"
#include "offlineimap/mail/listing.hpp"
#include "offlineimap/mail/maildir_name.hpp"
#include "offlineimap/maildir/change_list.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

struct FolderSettings {
    std::filesystem::path path;  // the directory that holds cur, new, tmp
    std::string folder_md5;      // FMD5 of the translated name, 32 hex digits
    mail::InfoSeparator separator = mail::InfoSeparator::colon;
    bool fsync = true;
    bool utime_from_header = false;
    bool filename_use_mail_timestamp = false;
    bool sweep_tmp = true;  // off for a dry run, which changes nothing
    // How long a file in tmp may be a delivery that goes on (the Maildir rule).
    std::chrono::seconds tmp_lifetime = std::chrono::hours(36);
    // Learns of every file that is delivered, renamed or removed here, before that is done; null: nobody
    // does. Outlives the folder.
    const ChangeList* changes = nullptr;
};

// What a source tells about a message that it sends as local content (the reading half of a push).
struct Content {
    std::string local_name;  // file name without directory
    std::uint64_t file_size = 0;
    std::chrono::sys_seconds modified;  // the file's mtime
    os::FileDescriptor file;            // open for reading, at the start
};

// A message that reached `cur` or `new`, durably if fsync is on.
struct Delivered {
    mail::MessageKey key;
    mail::Flags flags;
};

// A file by the name it had, and the UID it gets.
struct Renumbered {
    std::string name;
    base::Uid uid;
};

class Folder;

// Delivery by batch: begin() … write() … finish() for each message, commit() for all. A message that is begun
// but neither finished nor abandoned when the Delivery goes, or finished but not committed, leaves no file
// behind (a crash leaves a file in tmp, which is swept). Each Delivery belongs to one thread at a time, but
// several threads may deliver into one Folder, each with a Delivery of its own, while none scans it.
class Delivery {
  public:
    explicit Delivery(Folder& folder);
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    // One at a time. Throws Error{folder, …} if no file can be made (disk full, permissions).
    void begin();
    void write(std::string_view wire_bytes);
    // The bytes are complete; the message becomes part of the batch under this UID. `now` names it unless
    // filename_use_mail_timestamp finds a date. Returns the text of a Date header that utime_from_header
    // wants and cannot read: the file keeps the time of its arrival.
    std::optional<std::string> finish(base::Uid uid, mail::Flags flags);
    void abandon() noexcept;

    // How much waits for commit().
    std::size_t messages() const noexcept;
    std::uint64_t bytes() const noexcept;
    // Syncs the files together, renames them into cur/new, syncs the directories. Returns what was delivered,
    // in the order finished. If it throws, those that reached cur/new already are recognised by name at the
    // next scan.
    std::vector<Delivered> commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class Folder {
  public:
    // Opens the directories; Error{folder, not_found|permission|io} if cur, new or tmp is missing or
    // unreadable: an unreadable directory is never an empty one.
    explicit Folder(FolderSettings settings);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    // Reads `new`, then `cur`. Files of this folder's FMD5 have their UID; all others are new messages -1,
    // -2, … in scan order. Two files with one UID: the one in `cur` (scanned later) has it, and the other is
    // reported in duplicate_names() and left alone. Names that begin with '.' and everything that is no
    // message (directories, devices, links that lead to none or nowhere) are ignored. Flag letters that IMAP
    // and customflags cannot map stay on disk; the listing has them too, the caller masks. Also sweeps files
    // in `tmp` that are older than `tmp_lifetime`.
    mail::Listing scan(std::stop_token stop);
    const std::vector<std::string>& duplicate_names() const noexcept;

    // Tells this directory from another one that stands in its place later.
    std::string identity() const;

    // For keys of the last scan or of deliveries since. Each follows a file that another program renamed
    // meanwhile (flags changed by a mail reader): the folder is looked through once more for the same base
    // name before giving up. nullopt: it is gone.
    std::optional<Content> open(const mail::MessageKey& key);
    std::optional<std::string> name_of(const mail::MessageKey& key) const;
    // A message found by its file name or, if it was renamed by a mail reader, by the part before the info;
    // for open intents.
    std::optional<mail::MessageKey> find_by_name(std::string_view name) const;
    std::optional<std::uint64_t> file_size(const mail::MessageKey& key);
    // The time that the file name begins with (for maxage).
    std::optional<std::int64_t> name_time(const mail::MessageKey& key) const;

    // Renames so that the file says `flags` and lives where the original puts it. Directory entries are made
    // durable by sync(). False: the message is gone.
    bool set_flags(const mail::MessageKey& key, mail::Flags flags);
    // After an upload: a completely new name with this UID, in the same subdirectory. The key of the message
    // becomes the UID. False: gone.
    bool assign_uid(const mail::MessageKey& key, base::Uid uid, mail::Flags flags);
    // The same for many files at once, whatever UIDs they had; they are found by name, or by its part before
    // the info. The new names keep the time that the old ones begin with. The directories are read until none
    // of the files is left under its old name, because a reading can miss what a mail reader renames
    // meanwhile; Error{folder, io} if that does not end. One value a file, in order: true if it is there
    // under its new UID, also from an earlier call that was interrupted; false if it is gone. Durable when it
    // returns; a new scan() is needed afterwards.
    std::vector<bool> renumber(std::span<const Renumbered> files, std::stop_token stop);
    // Takes the UID from every file of this folder's FMD5: a completely new name without it, with the same
    // time at its beginning, flags and subdirectory. Otherwise as renumber().
    void drop_uids(std::stop_token stop);
    // Those of `uids` that some file of this folder's FMD5 has now. Reads the directories afresh, and twice
    // if the first reading does not show all; counts entries that are no messages too, such as links
    // that lead nowhere, which scan() ignores.
    std::vector<base::Uid> still_there(std::span<const base::Uid> uids, std::stop_token stop);
    // False: it was gone already.
    bool remove(const mail::MessageKey& key);
    // Makes renames and removals so far durable (does nothing without fsync).
    void sync();

    // The delivery's side.
    const FolderSettings& settings() const noexcept;

  private:
    friend class Delivery;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace offlineimap::maildir
