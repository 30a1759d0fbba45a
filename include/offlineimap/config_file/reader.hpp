// Reads a configuration file (inih inside) with the syntax of Python's ConfigParser as the original uses it.
//
// The traps of the packaged libinih (lines cut at 200 bytes, section names at 50, " ;" comments stripped, all
// silently) are dealt with inside: a value of any length, a section name of any length and a ';' in a lambda
// arrive whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "offlineimap/config/document.hpp"

namespace offlineimap::config_file {

struct ReadResult {
    config::Document document;
    // Kindnesses, each one line with file:line: a duplicate option took the last value, a duplicate section
    // was merged, …
    std::vector<std::string> warnings;
};

// Throws Error{critical, configuration}: missing file ("*** Config file 'PATH' does not exist; aborting!"),
// unreadable file, a line that is no option, a file that is not UTF-8, … with file:line and what to do.
ReadResult read_file(const std::filesystem::path& path);
// `name` stands for the file in messages.
ReadResult read_text(std::string_view text, const std::string& name);

// -k [section:]option=value (reference: command line §1). Throws Error{critical, usage}.
void apply_override(config::Document& document, const std::string& argument);

}  // namespace offlineimap::config_file
