#include "token_lock.hpp"

#include <string>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/client/waiting.hpp"

namespace offlineimap::client {

namespace {

constexpr std::chrono::milliseconds kNap{50};

}  // namespace

std::optional<os::AccountLock> lock_token_file(const std::filesystem::path& path,
                                               std::chrono::milliseconds limit, const std::stop_token& stop) {
    const auto deadline = base::Deadline::after(limit);
    while (!deadline.expired()) {
        try {
            if (auto lock = os::AccountLock::try_acquire(path.string() + ".lock")) return lock;
        } catch (const base::Error&) {
            return std::nullopt;  // no directory, or none that can be written to: there is nothing to replace
        }
        wait_unless_stopped(kNap, stop);
    }
    throw base::Error(base::Severity::repository, base::ErrorCode::timeout,
                      "Another run has been using '" + path.string() + "' for more than " +
                          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit).count()) +
                          " seconds");
}

}  // namespace offlineimap::client
