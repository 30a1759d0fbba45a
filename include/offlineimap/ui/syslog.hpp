// The system's log, as an interface of its own (-u syslog) and beside another one (-s).
#pragma once

#include <functional>
#include <string>

#include "offlineimap/events/reporter.hpp"
#include "offlineimap/ui/visibility.hpp"

namespace offlineimap::ui {

// Thread-safe as its writer is. Never asks for a password. Where no log daemon listens, nothing is written
// and nothing fails. Differs from OfflineIMAP: a record of several lines is several messages, because log
// daemons escape or cut line ends; and no traceback is printed where no daemon listens.
class Syslog final : public events::Sink {
  public:
    // Takes one line and its priority (LOG_DEBUG … LOG_ERR).
    using Writer = std::function<void(int priority, const std::string& line)>;

    Syslog(const Visibility& visibility, Writer writer)
        : visibility_(visibility), writer_(std::move(writer)) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    const Visibility visibility_;
    const Writer writer_;
};

// Writes with syslog(3) as "offlineimap[PID]: line", facility user. Thread-safe.
Syslog::Writer system_log();

}  // namespace offlineimap::ui
