#include "audience.hpp"

#include <cstring>
#include <utility>

#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/ui/banner.hpp"
#include "offlineimap/ui/log_file.hpp"
#include "offlineimap/ui/profile.hpp"
#include "offlineimap/ui/syslog.hpp"

#include "run.hpp"

namespace offlineimap::app {

Audience::Audience(const CommandLine& command_line, ui::Name name, std::vector<std::string> arguments,
                   Reins reins) {
    const auto debug = command_line.debug ? command_line.debug->types : events::DebugTypes();
    const auto visibility = ui::visibility_of(name, debug);
    interface_ = ui::make_interface(
        name, {.debug = debug, .stop = std::move(reins.stop), .output = {}, .wake = std::move(reins.wake)});
    // First of all, because the run ends here if the file cannot be opened.
    if (command_line.log_file) open_log_file(command_line, visibility, std::move(arguments));
    interface_->report({"MainThread", events::ProgramStarted{ui::banner(program_version())}});
    // With the syslog interface, -s would say everything twice.
    if (command_line.syslog && name != ui::Name::syslog)
        beside_.push_back(std::make_unique<ui::Syslog>(visibility, ui::system_log()));
    if (command_line.profile_directory)
        beside_.push_back(
            std::make_unique<ui::Profile>(*command_line.profile_directory, ui::Profile::Clocks()));

    std::vector<events::Sink*> listeners;
    for (const auto& listener : beside_) listeners.push_back(listener.get());
    tee_ = std::make_unique<ui::Tee>(*interface_, std::move(listeners));
    errors_ = std::make_unique<ui::ErrorLog>(*tee_);
}

void Audience::open_log_file(const CommandLine& command_line, const ui::Visibility& visibility,
                             std::vector<std::string> arguments) {
    const auto start =
        ui::log_start({.version = program_version(),
                       .python_version = python::Interpreter::version().substr(std::strlen("Python ")),
                       .platform = "linux",
                       .arguments = std::move(arguments)});
    beside_.push_back(std::make_unique<ui::LogFile>(*command_line.log_file, visibility, start));
}

}  // namespace offlineimap::app
