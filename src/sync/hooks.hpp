// presynchook and postsynchook (reference: synchronisation §12).
#pragma once

#include <string>

#include "offlineimap/repository/context.hpp"
#include "offlineimap/sync/folder_sync.hpp"

namespace offlineimap::sync {

struct Hook {
    std::string name;     // "presynchook", "postsynchook"
    std::string command;  // empty: none
    std::string account;
    Thoroughness mode = Thoroughness::full;
};

// Runs it, reports its output and exit code. A hook that cannot be run or takes too long is reported, and the
// sync goes on. Throws Cancelled.
void call_hook(const Hook& hook, events::Run run, const repository::Context& context);

}  // namespace offlineimap::sync
