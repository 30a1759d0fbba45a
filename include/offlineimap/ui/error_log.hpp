// Remembers what went wrong and whether anything changed, for the report at the end of a run and for the exit
// status.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::ui {

// Passes everything on to `next`, which outlives it. Thread-safe. A run that never ends keeps its first
// errors and counts the others.
class ErrorLog final : public events::Sink {
  public:
    static constexpr std::size_t kErrorsKept = 1000;

    explicit ErrorLog(events::Sink& next) noexcept : next_(&next) {}

    void report(const events::Record& record) override;
    bool wants(events::DebugType type) const noexcept override { return next_->wants(type); }
    bool wants_progress() const noexcept override { return next_->wants_progress(); }
    bool can_ask_password() const noexcept override { return next_->can_ask_password(); }
    std::optional<std::string> ask_password(const events::PasswordRequest& request) override;

    // 1 after any error, else 2 after a UIDVALIDITY problem, else 0.
    int exit_status() const;
    // The same, and 32 if any message of a remote folder was added, changed or removed, and 64 for local
    // folders (the numbers of mbsync's --ext-exit).
    int extended_exit_status() const;
    // The records of the end report, each to be given as a warning; none after a clean run. `closing` ("Valid
    // accounts are: Test") follows the errors when it is not empty.
    std::vector<std::string> final_report(std::string_view closing = {}) const;

  private:
    void remember(const events::Event& event);

    events::Sink* next_;
    mutable std::mutex errors_mutex_;  // guards all below
    std::vector<std::string> errors_;
    std::size_t errors_dropped_ = 0;
    bool uid_validity_problem_ = false;
    bool remote_changed_ = false;
    bool local_changed_ = false;
};

}  // namespace offlineimap::ui
