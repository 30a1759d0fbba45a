// One account: its rounds, the folders of a round, the sleep between rounds (reference: synchronisation §2).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offlineimap/config/options.hpp"
#include "offlineimap/events/reporter.hpp"
#include "offlineimap/os/lock.hpp"
#include "offlineimap/repository/repository.hpp"
#include "offlineimap/sync/control.hpp"

namespace offlineimap::sync {

// The two ends of an account, made when its thread starts: a broken one stops this account only.
struct AccountEnds {
    config::Account account;
    std::unique_ptr<repository::RemoteRepository> remote;
    std::unique_ptr<repository::LocalRepository> local;
    // The list of changes that the local repository keeps for hooks; empty: none.
    std::filesystem::path changes_file = {};
};

// A folder that an account synced, for mbnames.
struct SyncedFolder {
    std::string account;
    std::string folder;        // the local folder's name
    std::string localfolders;  // the expanded root
};

enum class Threading { many, single };

struct AccountSettings {
    std::string name;
    // Reads the account's options and makes its repositories. Throws Error.
    std::function<AccountEnds()> make_ends;
    std::filesystem::path metadata;
    bool fsync = true;
    bool dry_run = false;
    bool ignore_readonly = false;
    Threading threading = Threading::many;
    // Called on the account's thread when the folders of a round are done.
    std::function<void(const std::vector<SyncedFolder>&)> folders_done;
};

// For whoever works on an account's files. A dry run leaves no trace, so it takes no lock; but what another
// run is changing it cannot foretell. Throws Error{repository, lock_held} if another run has the account now.
std::optional<os::AccountLock> lock_account(const std::filesystem::path& metadata, const std::string& account,
                                            events::Run run);

// Runs the account until it is done, stopped, or has failed three rounds in a row. Errors are reported, none
// leaves.
void run_account(const AccountSettings& settings, Control& control, const events::Reporter& reporter);

// All accounts, up to `most_at_once` at a time, started in order; one after the other on this thread with
// Threading::single.
void run_accounts(const std::vector<AccountSettings>& accounts, std::size_t most_at_once, Threading threading,
                  Control& control, const events::Reporter& reporter);

}  // namespace offlineimap::sync
