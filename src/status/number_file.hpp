// State files that hold one number and LF: the original's FolderValidity and StartUID.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace offlineimap::status {

// The first line without blanks around it; nullopt: no file. Error{folder, …}.
std::optional<std::string> read_line_of_state(const std::filesystem::path& file);
// Replaces the file, durably. Creates the directory (0700).
void write_line_of_state(const std::filesystem::path& file, const std::string& line);

// Error{folder, corrupt_state}: "'FILE' should hold WHAT but holds 'LINE'; ADVICE".
[[noreturn]] void throw_corrupt_number(const std::filesystem::path& file, std::string_view what,
                                       std::string_view line, std::string_view advice);

}  // namespace offlineimap::status
