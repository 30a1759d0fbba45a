// presynchook and postsynchook (reference: synchronisation §12).
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "offlineimap/repository/context.hpp"
#include "offlineimap/sync/folder_sync.hpp"

namespace offlineimap::sync {

struct Hook {
    std::string name;     // "presynchook", "postsynchook"
    std::string command;  // empty: none
    std::string account;
    Thoroughness mode = Thoroughness::full;
    std::filesystem::path changes_file = {};  // empty: none is kept
    std::chrono::seconds limit{0};            // 0: none
};

// `returned`: by itself, whatever its exit code; or there is none.
enum class HookEnd { returned, failed };

// Runs it, reports its output and exit code. A hook that cannot be run or takes too long is reported, and the
// sync goes on. Throws Cancelled.
HookEnd call_hook(const Hook& hook, events::Run run, const repository::Context& context);

}  // namespace offlineimap::sync
