// The error for a state file that cannot be believed. It never leads to an empty status by itself: only the
// user may throw the file away, and the message says what that means.
#pragma once

#include <filesystem>
#include <string_view>

namespace offlineimap::status {

// Throws Error{folder, corrupt_state}: `problem` (a sentence without its full stop that names `file`), then
// how to recover.
[[noreturn]] void throw_corrupt_status(std::string_view problem, const std::filesystem::path& file);

}  // namespace offlineimap::status
