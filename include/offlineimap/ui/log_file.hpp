// The file of `-l`: every record that the interface shows, with date and level.
#pragma once

#include <ctime>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string_view>

#include "offlineimap/events/reporter.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/ui/visibility.hpp"

namespace offlineimap::ui {

// Appends; a file that it creates is for its owner only, because lines name folders and people. Thread-safe.
// Never asks for a password.
// Differs from OfflineIMAP: standard error of the process stays where it is; what would have gone to the file
// that way (Python's tracebacks) arrives as events.
class LogFile final : public events::Sink {
  public:
    using Clock = std::function<std::time_t()>;

    // Writes `start` (banner.hpp: log_start) as the first record. Throws Error{critical, …} if the file
    // cannot be opened. When it cannot be written later (disk full), that is said once on standard error and
    // the run goes on.
    LogFile(
        const std::filesystem::path& path, const Visibility& visibility, std::string_view start,
        Clock clock = [] { return std::time(nullptr); });

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    std::string stamped(const Line& line) const;
    void write(const std::string& text);

    const std::filesystem::path path_;
    const os::FileDescriptor file_;
    const Visibility visibility_;
    const Clock clock_;
    std::mutex file_mutex_;  // guards failed_ and keeps a record together
    bool failed_ = false;
};

}  // namespace offlineimap::ui
