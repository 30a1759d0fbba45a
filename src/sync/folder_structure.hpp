// Which folders an account syncs, and making those that one side lacks (reference: synchronisation §3).
// Folders are never deleted.
#pragma once

#include <string>
#include <vector>

#include "offlineimap/repository/repository.hpp"
#include "offlineimap/sync/folder_sync.hpp"

namespace offlineimap::sync {

// Lists both sides, makes missing folders where that is allowed, and pairs them in sync order. Folders that
// cannot be paired safely are reported and left out. Throws Error{repository, configuration} when the two
// nametrans would make folders without end.
std::vector<FolderPair> pair_folders(const FolderSyncSettings& settings, repository::RemoteRepository& remote,
                                     repository::LocalRepository& local, const repository::Context& context);

}  // namespace offlineimap::sync
