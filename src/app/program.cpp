#include "offlineimap/app/program.hpp"

#include <iostream>
#include <memory>
#include <unistd.h>
#include <utility>

#include "offlineimap/app/command_line.hpp"
#include "offlineimap/app/signals.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/config_file/reader.hpp"
#include "offlineimap/sync/control.hpp"
#include "offlineimap/ui/banner.hpp"
#include "offlineimap/ui/error_log.hpp"
#include "offlineimap/ui/interface.hpp"
#include "offlineimap/ui/log_file.hpp"
#include "offlineimap/ui/password_prompt.hpp"
#include "offlineimap/ui/tee.hpp"

#include "run.hpp"
#include "surroundings.hpp"

namespace offlineimap::app {

namespace {

constexpr int kFailure = 1;

// Before there is an interface, an error is one line on standard error.
int fail_early(const std::string& text) {
    std::cerr << "ERROR: " << text << '\n';
    return kFailure;
}

ui::Name interface_name(const CommandLine& command_line, const config::General& general) {
    if (command_line.info) return ui::Name::ttyui;
    const auto& text = command_line.interface.value_or(general.ui);
    const auto name = ui::parse_name(text);
    if (!name)
        throw base::Error(base::Severity::critical, base::ErrorCode::usage, ui::unknown_name_message(text));
    return *name;
}

// Everything that shows what happens: the interface, the log file beside it, and the memory for the report at
// the end.
class Audience {
  public:
    Audience(const CommandLine& command_line, ui::Name name, std::vector<std::string> arguments,
             std::stop_token stop)
        : debug_(command_line.debug ? command_line.debug->types : events::DebugTypes()),
          interface_(ui::make_interface(name, {.debug = debug_, .stop = std::move(stop), .output = {}})) {
        interface_->report({"MainThread", events::Information{ui::banner(program_version())}});
        std::vector<events::Sink*> listeners;
        if (command_line.log_file) {
            const auto start = ui::log_start({.version = program_version(),
                                              .python_version = python::Interpreter::version(),
                                              .platform = "linux",
                                              .arguments = std::move(arguments)});
            log_file_ =
                std::make_unique<ui::LogFile>(*command_line.log_file, ui::visibility_of(name, debug_), start);
            listeners.push_back(log_file_.get());
        }
        tee_ = std::make_unique<ui::Tee>(*interface_, std::move(listeners));
        errors_ = std::make_unique<ui::ErrorLog>(*tee_);
    }

    ui::ErrorLog& sink() noexcept { return *errors_; }
    // For the report itself, which must not be remembered as more errors.
    events::Sink& listeners() noexcept { return *tee_; }

  private:
    events::DebugTypes debug_;
    std::unique_ptr<events::Sink> interface_;
    std::unique_ptr<ui::LogFile> log_file_;
    std::unique_ptr<ui::Tee> tee_;
    std::unique_ptr<ui::ErrorLog> errors_;
};

void announce(const CommandLine& command_line, const events::Reporter& reporter) {
    reporter(events::Information{ui::components_line(component_versions())});
    if (!command_line.debug) return;
    for (const auto& unknown : command_line.debug->unknown)
        reporter(events::WarningGiven{"Invalid debug type: " + unknown});
    if (command_line.debug_forces_single_thread())
        reporter(events::Information{"Debug mode: Forcing to singlethreaded."});
    for (const auto type : events::kDebugTypes) {
        if (command_line.debug->types.contains(type))
            reporter(events::Information{events::debugging_line(type)});
    }
}

void warn(const std::vector<std::string>& texts, const events::Reporter& reporter) {
    for (const auto& text : texts) reporter(events::WarningGiven{text});
}

// Signals while accounts are synced (reference: command line §11).
class Steering {
  public:
    Steering(sync::Control& control, const events::Reporter& reporter)
        : signals_(
              {.wake = [&control] { control.wake(); },
               .finish =
                   [&control, reporter] {
                       reporter(events::WarningGiven{"Terminating after this sync..."});
                       control.request_finish();
                   },
               .stop =
                   [&control, reporter] {
                       reporter(events::WarningGiven{
                           "Preparing to shutdown after sync (this may take some time), press CTRL-C three "
                           "times to shutdown immediately"});
                       control.request_stop();
                   },
               .before_abort = &ui::restore_terminal}) {}

  private:
    Signals signals_;
};

// The accounts' names once known; empty and false if nothing may be synced. `closing` goes to the end of the
// report.
void run_mode(const Run& run, sync::Control& control, std::string& closing) {
    const auto selection = select_accounts(run);
    closing = selection.closing;
    if (!selection.valid) return;
    warn(config::unknown_option_warnings(run.document, selection.accounts), run.reporter);
    const Steering steering(control, run.reporter);
    if (run.command_line.info) {
        show_info(run, selection.accounts, control.stop_token());
    } else {
        sync_accounts(run, selection.accounts, control);
    }
}

int run_with_configuration(const CommandLine& command_line, std::vector<std::string> arguments) {
    const auto surroundings = read_surroundings();
    auto read = config_file::read_file(find_config_file(command_line.config_file, surroundings));
    for (const auto& override_ : command_line.overrides) {
        config_file::apply_override(read.document,
                                    override_.section + ':' + override_.option + '=' + override_.value);
    }
    auto general = config::read_general(read.document, surroundings);
    if (command_line.dry_run) general.dry_run = true;

    sync::Control control;
    Audience audience(command_line, interface_name(command_line, general), std::move(arguments),
                      control.stop_token());
    const events::Reporter reporter(audience.sink(), "MainThread");
    announce(command_line, reporter);
    warn(read.warnings, reporter);
    warn(general.notices, reporter);

    std::string closing;
    python::Interpreter interpreter(general.pythonfile);
    try {
        run_mode({.command_line = command_line,
                  .document = read.document,
                  .surroundings = surroundings,
                  .general = general,
                  .interpreter = interpreter,
                  .sink = audience.sink(),
                  .reporter = reporter},
                 control, closing);
    } catch (const base::Error& error) {
        reporter(events::ErrorOccurred{"", error.what()});
    } catch (const base::Cancelled&) {
        // Ended on request: what was done is recorded, and there is nothing to report.
    }
    for (const auto& line : audience.sink().final_report(closing)) {
        audience.listeners().report({"MainThread", events::WarningGiven{line}});
    }
    return audience.sink().exit_status();
}

int run(int argc, const char* const* argv) {
    const auto parsed = parse_command_line(
        argc, argv,
        {.version = program_version(), .full = ui::full_version(program_version(), component_versions())});
    if (const auto* exit_now = std::get_if<ExitNow>(&parsed)) {
        std::cout << exit_now->standard_output << std::flush;
        std::cerr << exit_now->standard_error << std::flush;
        return exit_now->status;
    }
    const auto& command_line = std::get<CommandLine>(parsed);
    if (const auto unsupported = command_line.unsupported(); !unsupported.empty()) {
        return fail_early("not built in yet: " + base::join(unsupported, ", ") + "; run again without");
    }
    return run_with_configuration(command_line, {argv, argv + argc});
}

}  // namespace

// The last of the four places where an Error is caught.
int run_program(int argc, const char* const* argv) {
    try {
        return run(argc, argv);
    } catch (const base::Cancelled&) {
        return 0;
    } catch (const std::exception& error) {
        return fail_early(error.what());
    }
}

}  // namespace offlineimap::app
