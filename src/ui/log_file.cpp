#include "offlineimap/ui/log_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "whole_write.hpp"

namespace offlineimap::ui {

namespace {

constexpr mode_t kOwnerOnly = 0600;

os::FileDescriptor open_for_appending(const std::filesystem::path& path) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is what it is.
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (descriptor < 0) os::throw_errno(base::Severity::critical, "open log file", path, errno);
    return os::FileDescriptor(descriptor);
}

std::string_view label_of(events::Level level) noexcept {
    switch (level) {
        case events::Level::debug:
            return "DEBUG";
        case events::Level::info:
            return "INFO";
        case events::Level::warning:
            return "WARNING";
        case events::Level::error:
            return "ERROR";
    }
    return {};
}

// Local time, as the original has it.
std::string date_and_time(std::time_t when) {
    std::tm parts{};
    ::localtime_r(&when, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts));
}

}  // namespace

LogFile::LogFile(const std::filesystem::path& path, const Visibility& visibility, std::string_view start,
                 Clock clock)
    : path_(path), file_(open_for_appending(path)), visibility_(visibility), clock_(std::move(clock)) {
    write(stamped(Line{events::Level::info, safe_for_terminal(start)}));
}

void LogFile::report(const events::Record& record) {
    std::string text;
    for (const auto& line : visible_lines(record.event, visibility_)) text += stamped(line);
    write(text);
}

std::string LogFile::stamped(const Line& line) const {
    return date_and_time(clock_()).append(" ").append(label_of(line.level)).append(": ") + line.text + '\n';
}

void LogFile::write(const std::string& text) {
    const std::lock_guard lock(file_mutex_);
    if (write_whole(file_.get(), text) || failed_) return;
    const int reason = errno;
    failed_ = true;
    write_whole(STDERR_FILENO, safe_for_terminal("WARNING: log file '" + path_.string() +
                                                 "' is incomplete: " + std::strerror(reason)) +
                                   '\n');
}

std::optional<std::string> LogFile::ask_password(const events::PasswordRequest&) {
    return std::nullopt;
}

}  // namespace offlineimap::ui
