#include "offlineimap/os/stop_point.hpp"

#ifdef OFFLINEIMAP_STOP_POINTS

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <signal.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::os {

namespace {

struct Target {
    std::string name;
    unsigned visit = 1;
};

Target parse_target(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        if (const auto visit = base::parse_integer<unsigned>(text.substr(colon + 1)))
            return {std::string(text.substr(0, colon)), *visit};
    }
    return {std::string(text), 1};
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// One write() of a short line to a file opened for appending: lines of several threads do not mix.
void trace(const std::string& path, const std::string& name) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!file) throw_errno(base::Severity::critical, "open", path, errno);
    write_all(file.get(), name + "\n", base::Severity::critical, path);
}

bool reached_target(std::string_view name) {
    static const Target target = parse_target(environment("OFFLINEIMAP_STOP_AT"));
    static std::mutex visits_mutex_;  // guards visits
    static unsigned visits = 0;
    if (name != target.name) return false;
    const std::lock_guard lock(visits_mutex_);
    return ++visits == target.visit;
}

}  // namespace

void stop_point(const char* name) {
    static const std::string trace_file = environment("OFFLINEIMAP_STOP_TRACE");
    if (!trace_file.empty()) trace(trace_file, name);
    if (reached_target(name)) ::kill(::getpid(), SIGKILL);
}

}  // namespace offlineimap::os

#endif
