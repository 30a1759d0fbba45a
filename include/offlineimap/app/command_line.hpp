// The command line as the original takes it (Python's optparse): long options may be abbreviated to a unique
// prefix, values stand behind '=' or in the next argument, short values may be glued, flags bundled;
// arguments that are no options are ignored, "--" ends the options, a repeated value option keeps the last
// value and -k collects.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "offlineimap/events/debug_types.hpp"

namespace offlineimap::app {

// -d: the unnamed type is always among them.
struct DebugRequest {
    events::DebugTypes types;
    std::vector<std::string> unknown;  // each is warned of with "Invalid debug type: NAME"
};

struct CommandLine {
    std::optional<std::vector<std::string>> accounts;  // -a, left blanks stripped
    std::optional<std::string> config_file;            // -c
    std::optional<DebugRequest> debug;                 // -d
    std::optional<std::vector<std::string>> folders;   // -f, nothing stripped
    std::vector<std::string> overrides;                // -k, in order: [section:]option=value
    std::optional<std::string> log_file;               // -l
    std::optional<std::string> interface;              // -u, as written; takes the place of [general] ui
    std::optional<std::string> profile_directory;      // -P; implies -1
    std::optional<std::string> delete_folder;          // --delete-folder
    std::optional<std::string> oauth2_login;           // --oauth2-login (not in the original), an account
    bool single_thread = false;                        // -1
    bool once = false;                                 // -o
    bool quick = false;                                // -q
    bool syslog = false;                               // -s
    bool dry_run = false;                              // --dry-run
    bool info = false;                                 // --info; always with the ttyui interface
    bool migrate_fmd5 = false;                         // --migrate-fmd5-using-nametrans
    bool prune_mbnames = false;                        // --mbnames-prune
    bool extended_exit = false;                        // --ext-exit (not in the original)
    bool ignore_keyring = false;                       // --ignore-keyring
    bool update_keyring = false;                       // --update-keyring

    // Debugging forces a single thread ("Debug mode: Forcing to singlethreaded.") unless threads are what is
    // debugged and -1 was not given.
    bool debug_forces_single_thread() const noexcept;
    // -1, or what implies it: profiling and most debugging.
    bool runs_in_a_single_thread() const noexcept;
};

// The program has nothing more to do: help, version or a usage error (status 2).
struct ExitNow {
    int status;
    std::string standard_output;
    std::string standard_error;
};

struct VersionTexts {
    std::string version;  // --version: "9.0.0"
    std::string full;     // -V: "offlineimap v9.0.0, OpenSSL …"
};

// `argv[0]` is the program. Reads nothing but its arguments.
std::variant<CommandLine, ExitNow> parse_command_line(int argc, const char* const* argv,
                                                      const VersionTexts& versions);

}  // namespace offlineimap::app
