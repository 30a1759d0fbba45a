// One folder, both directions: the original's passes in its order (reference: synchronisation §4, §6).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "offlineimap/repository/repository.hpp"
#include "offlineimap/repository/status_folder.hpp"

namespace offlineimap::sync {

// A remote folder and the local folder it is kept in step with.
struct FolderPair {
    repository::FolderEntry remote;
    repository::FolderEntry local;
    base::FolderName status;  // its name in the status cache
    // The server's folder was made in this round: UIDs that local files have are not its.
    bool remote_was_created = false;
    // In a dry run a side may not exist yet, or its memory would be thrown away: it counts as empty.
    bool remote_would_be_created = false;
    bool local_would_be_created = false;
};

enum class Thoroughness { full, quick };

struct FolderSyncSettings {
    std::string account;
    repository::StatusSettings status;
    bool dry_run = false;
    bool ignore_readonly = false;
    Thoroughness thoroughness = Thoroughness::full;
    std::optional<config::MaxAge> maxage = {};
    std::optional<std::uint64_t> maxsize = {};  // bytes on the wire; what has as many is left alone
    std::chrono::seconds hook_limit{0};         // a `newmail_hook` that takes longer is reported; 0: none
};

// Errors up to severity folder are reported and end the pass or the folder; greater ones and Cancelled leave
// it.
void sync_folder(const FolderPair& pair, const FolderSyncSettings& settings,
                 repository::RemoteRepository& remote, repository::LocalRepository& local,
                 const repository::Context& context);

}  // namespace offlineimap::sync
