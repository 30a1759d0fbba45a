// One at a time exchanges the refresh token of a file: of two that use the same one, the later may find it
// replaced, and some servers take that for a theft and revoke all of them (RFC 9700 §4.14.2).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "offlineimap/os/lock.hpp"

namespace offlineimap::client {

// Waits until no other account or process holds it: `path`.lock. nullopt where there can be no such file.
// Throws Error{repository, timeout} after `limit`, Cancelled on a stop.
std::optional<os::AccountLock> lock_token_file(const std::filesystem::path& path,
                                               std::chrono::milliseconds limit, const std::stop_token& stop);

}  // namespace offlineimap::client
