// What Folder and Delivery share.
#pragma once

#include <array>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "offlineimap/maildir/folder.hpp"

#include "directories.hpp"
#include "name_table.hpp"

namespace offlineimap::maildir {

struct Folder::State {
    explicit State(FolderSettings folder_settings);

    // All files in scan order: `new`, then `cur`. The names live in `arena`.
    std::vector<Sighting> read_names(NameArena& arena, const std::stop_token& stop) const;
    // A name that this process has not given before.
    std::string make_name(std::int64_t time, std::optional<base::Uid> uid, mail::Flags flags) const;
    // A completely new name for that file: same flags, and the same time at its beginning.
    std::string make_name_for(std::string_view old_name, std::optional<base::Uid> uid) const;

    // Lists what is about to be done, if anybody wants to know.
    void announce(Change::Kind kind, const Location& location) const;
    void announce_rename(const Location& from, const Location& to) const;

    // Calls attempt(location), which says whether the file was there, at the place where the message was last
    // seen, and again wherever else it turns up. False: it is gone.
    template <class Attempt>
    bool at_current_location(mail::MessageKey key, Attempt attempt);
    // The listing's owner wants `wanted` instead of `listed`; another program may have changed other letters
    // meanwhile, which stay as it wants them.
    mail::Flags merged_flags(const Location& location, mail::Flags wanted) const;
    // Calls handle(sighting) for every file of one reading after another, until it has returned false for all
    // of two readings in succession. Throws Error{folder, io} if that never happens.
    template <class Handle>
    void read_until_quiet(const std::stop_token& stop, Handle handle);
    // Gives the file a completely new name with this UID in the same directory. False if it is missing.
    bool rename_anew(const Sighting& from, std::optional<base::Uid> uid);
    // Renames the file to location `to`, under a fresh name if that name is taken. False if `from` is
    // missing.
    bool move(const Location& from, Location& to, std::optional<base::Uid> uid, mail::Flags flags);

    const FolderSettings settings;
    const std::string host;
    Directories directories;
    NameTable names;
    std::vector<std::string> duplicate_names;
    std::array<bool, 2> unsynced{};  // by Place: renames and removals since the last sync()
};

}  // namespace offlineimap::maildir
