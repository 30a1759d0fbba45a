// Records as they are, one below the other, to one stream: what basic and quiet do.
#pragma once

#include <mutex>

#include "offlineimap/events/reporter.hpp"
#include "offlineimap/ui/visibility.hpp"

#include "terminal.hpp"

namespace offlineimap::ui {

class PlainInterface final : public events::Sink {
  public:
    PlainInterface(int output, const Visibility& visibility)
        : output_(output), visibility_(visibility), has_colours_(terminal_at(output).has_colours) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return visibility_.debug.contains(type); }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

  private:
    const int output_;
    const Visibility visibility_;
    const bool has_colours_;
    // Guards no data: it keeps the parts of a record together when one write does not take them all.
    std::mutex output_mutex_;
};

}  // namespace offlineimap::ui
