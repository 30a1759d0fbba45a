// A folder whose UIDVALIDITY changed: where every message of ours is found on the server by its content, the
// local files take the new UIDs, and nothing is transferred. The original skips such a folder (6.x) or
// synchronises it all the same (7.x, 8.x).
#pragma once

#include "passes.hpp"

namespace offlineimap::sync {

// Ends what an earlier, interrupted run began. Before anything is loaded.
void finish_renumbering(FolderWork& work);

// With the local listing loaded. False, and nothing is changed: not every local message with a UID is found
// on the server, or not for certain; as long as neither side has other messages, that is remembered and not
// tried again. True: listings and status are those of the new UIDs. A dry run only looks.
bool adopt_new_uids(FolderWork& work, base::UidValidity current);

}  // namespace offlineimap::sync
