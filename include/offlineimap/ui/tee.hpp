// An interface and whoever else listens to the same run (a log file, syslog).
#pragma once

#include <utility>
#include <vector>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::ui {

// Hands every record to all; asks passwords only from the interface. Owns none of them: all outlive it. As
// thread-safe as they are.
class Tee final : public events::Sink {
  public:
    Tee(events::Sink& interface, std::vector<events::Sink*> listeners)
        : interface_(&interface), listeners_(std::move(listeners)) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override;
    bool wants_progress() const noexcept override { return interface_->wants_progress(); }
    bool can_ask_password() const noexcept override { return interface_->can_ask_password(); }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    events::Sink* interface_;
    std::vector<events::Sink*> listeners_;
};

}  // namespace offlineimap::ui
