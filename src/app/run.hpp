// One run with a configuration: everything that lives from the first to the last line, and the modes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offlineimap/app/command_line.hpp"
#include "offlineimap/config/options.hpp"
#include "offlineimap/events/reporter.hpp"
#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/repository/repository.hpp"
#include "offlineimap/sync/account.hpp"
#include "offlineimap/sync/mbnames.hpp"

namespace offlineimap::app {

// What every mode works with. References outlive it.
struct Run {
    const CommandLine& command_line;
    const config::Document& document;
    const config::Surroundings& surroundings;
    config::General general;
    python::Interpreter& interpreter;
    events::Sink& sink;
    events::Reporter reporter;  // MainThread

    // Reads the account and makes its two repositories. Throws Error naming what is wrong or not built in
    // yet.
    sync::AccountEnds make_ends(const std::string& account, const events::Reporter& speaker) const;
    // Makes the metadata directory if it is missing.
    void make_metadata_directory() const;
};

// [mbnames]; nullptr unless it is enabled.
std::unique_ptr<sync::Mbnames> make_mbnames(const Run& run);

// The program's version, and those of the libraries it stands on.
std::string program_version();
std::vector<std::string> component_versions();

// The accounts to work on: that of --oauth2-login, `-a` or `accounts`. Unknown ones are reported; then
// nothing may be synced.
struct Selection {
    std::vector<std::string> accounts;
    bool valid = true;
    std::string closing;  // "Valid accounts are: …" for the end of the report
};
Selection select_accounts(const Run& run);

// The modes.
void sync_accounts(const Run& run, const std::vector<std::string>& accounts, sync::Control& control);
void show_info(const Run& run, const std::vector<std::string>& accounts, std::stop_token stop);
// --oauth2-login, for the one account that it names.
void log_in_with_oauth2(const Run& run, const std::vector<std::string>& accounts,
                        const std::stop_token& stop);
// --delete-folder, on the server of the one account.
void delete_folder(const Run& run, const std::vector<std::string>& accounts, const std::string& folder,
                   std::stop_token stop);
// --mbnames-prune, for the accounts of the configuration, whatever -a says.
void prune_mbnames(const Run& run);
// --migrate-fmd5-using-nametrans.
void migrate_md5(const Run& run, const std::vector<std::string>& accounts, const std::stop_token& stop);

}  // namespace offlineimap::app
