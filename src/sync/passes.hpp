// What the passes of one folder work on, and the passes themselves. Each plans from the listings, executes,
// and lets only outcomes change the listings and the status.
#pragma once

#include "offlineimap/plan/passes.hpp"
#include "offlineimap/repository/repository.hpp"
#include "offlineimap/repository/status_folder.hpp"
#include "offlineimap/sync/folder_sync.hpp"

namespace offlineimap::sync {

struct FolderWork {
    const FolderPair& pair;
    const FolderSyncSettings& settings;
    repository::RemoteRepository& remote_repository;
    repository::LocalRepository& local_repository;
    repository::RemoteFolder& remote;
    repository::LocalFolder& local;
    repository::StatusFolder& status;
    const repository::Context& context;
    mail::Listing remote_listing;
    mail::Listing local_listing;
    // What the planner compares with: the status's listing, or an empty one where a dry run would have begun
    // afresh.
    mail::Listing status_listing;
    // What `maxage`, `startdate` and `maxsize` took out of the three.
    mail::Listing hidden = {};
    // What this sync did, for FolderFinished.
    events::Changes to_remote = {};
    events::Changes to_local = {};

    events::Run run() const noexcept { return settings.dry_run ? events::Run::dry : events::Run::real; }
    // Between two steps: a stop asked for is obeyed here.
    void check_stop() const {
        if (context.stop.stop_requested()) throw base::Cancelled();
    }
};

// Whether this UID belongs to a message that is known already, hidden ones included.
bool is_known(const FolderWork& work, base::Uid uid);

// Before the passes: uploads that an earlier run began and did not see the end of. A dry run only asks, so
// that it does not announce copies of what is there.
void resolve_open_uploads(FolderWork& work);

// Pass 1.
void pull_messages(FolderWork& work);
void push_messages(FolderWork& work);
// Passes 2 and 3, the same for both directions.
enum class Direction { pull, push };
void propagate_deletions(FolderWork& work, Direction direction);
void propagate_flags(FolderWork& work, Direction direction);

// Both sides have these now.
void record(FolderWork& work, std::span<const repository::Agreed> messages,
            std::span<const std::string> finished_uploads = {});
// Messages that both sides have and only the status lacks (a lost status is rebuilt without transfer).
void record_known(FolderWork& work, const plan::CopyPlan& plan);

// A dry run's line for the folder, and for those who want it one for each message. Says nothing of nothing.
void report_would_copy(const FolderWork& work, const std::vector<mail::MessageKey>& keys,
                       const events::FolderEnd& source, const events::FolderEnd& destination);

// The server lets nobody write: tells the user (unless told not to) and says so.
bool refuses_writes(FolderWork& work, repository::Folder& destination, events::ReadOnlyAction action,
                    const std::vector<mail::MessageKey>& keys);

}  // namespace offlineimap::sync
