// Everything that shows what happens in a run: the interface, whoever listens beside it, and the memory for
// the report at the end.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "offlineimap/app/command_line.hpp"
#include "offlineimap/events/reporter.hpp"
#include "offlineimap/ui/error_log.hpp"
#include "offlineimap/ui/interface.hpp"
#include "offlineimap/ui/tee.hpp"

namespace offlineimap::app {

// How an interface with keys steers the run.
struct Reins {
    std::stop_token stop;
    std::function<void(const std::string& account)> wake;
};

class Audience {
  public:
    // Shows the banner. `arguments` are those of the process, for the log file. Throws Error{critical, …} if
    // the interface is not built in or the log file cannot be opened.
    Audience(const CommandLine& command_line, ui::Name name, std::vector<std::string> arguments, Reins reins);

    ui::ErrorLog& sink() noexcept { return *errors_; }
    // For the report itself, which must not be remembered as more errors.
    events::Sink& listeners() noexcept { return *tee_; }

  private:
    void open_log_file(const CommandLine& command_line, const ui::Visibility& visibility,
                       std::vector<std::string> arguments);

    std::unique_ptr<events::Sink> interface_;
    std::vector<std::unique_ptr<events::Sink>> beside_;
    std::unique_ptr<ui::Tee> tee_;
    std::unique_ptr<ui::ErrorLog> errors_;
};

}  // namespace offlineimap::app
