// Which messages of a folder a sync looks at at all: `maxage`, `startdate`, `maxsize` (reference:
// synchronisation §8). Messages outside are taken out of the three listings alike: the passes never see them,
// and their rows stay in the status. So a message that is filtered is never taken for one that was deleted.
#pragma once

#include <chrono>
#include <optional>

#include "offlineimap/config/options.hpp"

#include "passes.hpp"

namespace offlineimap::sync {

// The moment from which on messages are young enough. Throws Error{message, configuration} for a day in the
// future or before 1900.
std::chrono::sys_seconds cutoff(const config::MaxAge& maxage, std::chrono::sys_seconds now);

// Whether `maxage` or a `startdate` concerns this folder. Throws Error{repository, configuration} if more
// than one does.
bool is_restricted_by_date(const FolderWork& work);

// Loads the remote listing (the local one is loaded already) as far as the restrictions let it, and hides
// what is outside from the passes.
void load_remote_in_scope(FolderWork& work, std::chrono::sys_seconds now);

}  // namespace offlineimap::sync
