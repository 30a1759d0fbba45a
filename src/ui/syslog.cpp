#include "offlineimap/ui/syslog.hpp"

#include <syslog.h>

#include "offlineimap/base/text.hpp"

#include "faces.hpp"

namespace offlineimap::ui {

namespace {

int priority_of(events::Level level) noexcept {
    switch (level) {
        case events::Level::debug:
            return LOG_DEBUG;
        case events::Level::info:
            return LOG_INFO;
        case events::Level::warning:
            return LOG_WARNING;
        case events::Level::error:
            return LOG_ERR;
    }
    return LOG_ERR;
}

}  // namespace

void Syslog::report(const events::Record& record) {
    for (const auto& visible : visible_lines(record.event, visibility_)) {
        for (const auto line : base::split(visible.text, '\n')) {
            if (!line.empty()) writer_(priority_of(visible.level), std::string(line));
        }
    }
}

std::optional<std::string> Syslog::ask_password(const events::PasswordRequest&) {
    return std::nullopt;
}

Syslog::Writer system_log() {
    ::openlog("offlineimap", LOG_PID, LOG_USER);
    return [](int priority, const std::string& line) { ::syslog(priority, "%s", line.c_str()); };
}

std::unique_ptr<events::Sink> make_syslog(const Options&, const Visibility& visibility) {
    return std::make_unique<Syslog>(visibility, system_log());
}

}  // namespace offlineimap::ui
