// Renames messages whose FMD5 is that of the folder's untranslated name, as versions before 6.3.5 wrote it
// (--migrate-fmd5-using-nametrans).
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

struct Md5Migration {
    std::filesystem::path folder;  // the directory that holds cur and new
    std::string from;              // FMD5 of the folder's own name
    std::string to;                // FMD5 of its translated name
    bool dry_run = false;          // look only
    os::Sync sync = os::Sync::yes;
};

// What is found; each is called with the file's path before anything is done to it.
struct Md5Findings {
    std::function<void(const std::filesystem::path& file)> outdated;      // has `from`, is renamed
    std::function<void(const std::filesystem::path& file)> inconsistent;  // has neither `from` nor `to`
};

// Messages without FMD5 are nobody's business here. A file that vanishes meanwhile is passed over, none is
// replaced. With Sync::yes the new names survive power loss when it returns. Stops between messages: each
// name is the old or the new one. Throws Error{folder, …} if a directory cannot be read or a file not be
// renamed.
void migrate_md5(const Md5Migration& migration, const Md5Findings& findings, const std::stop_token& stop);

}  // namespace offlineimap::maildir
