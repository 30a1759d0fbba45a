// The fixed texts at the start of a run. Versions are parameters: who links a library knows its version.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::ui {

// The two lines that every interface but quiet shows first.
std::string banner(std::string_view version);

// "OpenSSL 3.0.15 3 Sep 2024, SQLite v3.40.1": the components one after the other.
std::string components_line(const std::vector<std::string>& components);

// What -V prints: "offlineimap v9.0.0, OpenSSL …".
std::string full_version(std::string_view version, const std::vector<std::string>& components);

struct RunDescription {
    std::string version;
    std::string python_version;
    std::string platform;                // "linux"
    std::vector<std::string> arguments;  // the command line with the program's name
};
// The first record of a log file. Values given with -k for options that hold secrets are left out.
std::string log_start(const RunDescription& run);

}  // namespace offlineimap::ui
