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
};

// The program's version, and those of the libraries it stands on.
std::string program_version();
std::vector<std::string> component_versions();

// The accounts to work on: `-a` or `accounts`. Unknown ones are reported; then nothing may be synced.
struct Selection {
    std::vector<std::string> accounts;
    bool valid = true;
    std::string closing;  // "Valid accounts are: …" for the end of the report
};
Selection select_accounts(const Run& run);

// The modes.
void sync_accounts(const Run& run, const std::vector<std::string>& accounts, sync::Control& control);
void show_info(const Run& run, const std::vector<std::string>& accounts, std::stop_token stop);

}  // namespace offlineimap::app
