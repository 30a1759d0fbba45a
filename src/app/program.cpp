#include "offlineimap/app/program.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "offlineimap/app/command_line.hpp"
#include "offlineimap/app/signals.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/config_file/reader.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/os/system.hpp"
#include "offlineimap/sync/control.hpp"
#include "offlineimap/ui/banner.hpp"
#include "offlineimap/ui/interface.hpp"

#include "audience.hpp"
#include "run.hpp"
#include "surroundings.hpp"

namespace offlineimap::app {

namespace {

constexpr int kFailure = 1;
constexpr mode_t kOwnerOnly = 0700;

// Before there is an interface, an error is one line on standard error.
int fail_early(const std::string& text) {
    std::cerr << "ERROR: " << text << '\n';
    return kFailure;
}

// What is asked for before there is an interface to say what is odd about it.
struct InterfaceChoice {
    ui::Name name;
    std::vector<std::string> notices;
};

// -u takes the place of [general] ui and follows the same rules.
InterfaceChoice choose_interface(const CommandLine& command_line, const config::General& general) {
    // Both are read by a person, whatever interface the configuration has for syncs.
    if (command_line.info || command_line.oauth2_login) return {ui::Name::ttyui, {}};
    const auto& written = command_line.interface.value_or(general.ui);
    const auto choice = config::choose_ui(written, ui::names_that_work_here());
    const auto name = ui::parse_name(choice.name);
    if (!name)
        throw base::Error(base::Severity::critical, base::ErrorCode::usage,
                          ui::unknown_name_message(choice.name));
    InterfaceChoice chosen{*name, {}};
    if (choice.notice) chosen.notices.push_back(*choice.notice);
    if (ui::works_here(*name)) return chosen;
    // Differs from OfflineIMAP, which ends with a traceback: cron has no terminal.
    chosen.name = ui::Name::ttyui;
    chosen.notices.push_back("UI '" + choice.name + "' needs a terminal that it can draw on; using 'ttyui'");
    return chosen;
}

void announce(const CommandLine& command_line, const events::Reporter& reporter) {
    reporter(events::Information{ui::components_line(component_versions())});
    if (!command_line.debug) return;
    for (const auto& unknown : command_line.debug->unknown)
        reporter(events::WarningGiven{"Invalid debug type: " + unknown});
    if (command_line.debug_forces_single_thread())
        reporter(events::Information{"Debug mode: Forcing to singlethreaded."});
    for (const auto type : events::kDebugTypes) {
        if (command_line.debug->types.contains(type)) reporter(events::DebuggingEnabled{type});
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
               .before_abort = &ui::release_terminal}) {}

  private:
    Signals signals_;
};

void work_on_accounts(const Run& run, const std::vector<std::string>& accounts, sync::Control& control) {
    const auto& wanted = run.command_line;
    if (wanted.oauth2_login) {
        log_in_with_oauth2(run, accounts, control.stop_token());
    } else if (wanted.info) {
        show_info(run, accounts, control.stop_token());
    } else if (wanted.migrate_fmd5) {
        migrate_md5(run, accounts, control.stop_token());
    } else if (wanted.delete_folder) {
        delete_folder(run, accounts, *wanted.delete_folder, control.stop_token());
    } else {
        sync_accounts(run, accounts, control);
    }
}

bool is_for_syncing(const CommandLine& command_line) {
    return !command_line.info && !command_line.migrate_fmd5 && !command_line.prune_mbnames &&
           !command_line.delete_folder && !command_line.oauth2_login;
}

// -P: makes the directory, and says what the user should know about it.
void prepare_profiling(const CommandLine& command_line, const events::Reporter& reporter) {
    if (!command_line.profile_directory) return;
    if (!is_for_syncing(command_line))
        return warn({"Profile mode: there is no sync to profile; -P has no effect"}, reporter);
    const auto& directory = *command_line.profile_directory;
    if (!command_line.single_thread) warn({"Profile mode: Forcing to singlethreaded."}, reporter);
    std::error_code ignored;
    if (std::filesystem::is_directory(directory, ignored)) {
        warn({"Profile mode: Directory '" + directory + "' already exists!"}, reporter);
    } else {
        os::make_directories(directory, kOwnerOnly, base::Severity::critical);
    }
    warn({"Profile mode: Potentially large data will be created in '" + directory + "'"}, reporter);
}

bool is_for_pruning(const CommandLine& command_line) {
    return command_line.prune_mbnames && !command_line.info && !command_line.migrate_fmd5 &&
           !command_line.oauth2_login;
}

// The one mode of this run, in the order in which the original asks for them. `closing` goes to the end of
// the report.
void run_mode(const Run& run, sync::Control& control, std::string& closing) {
    if (is_for_pruning(run.command_line)) return prune_mbnames(run);
    const auto selection = select_accounts(run);
    closing = selection.closing;
    if (!selection.valid) return;
    warn(config::unknown_option_warnings(run.document, selection.accounts), run.reporter);
    prepare_profiling(run.command_line, run.reporter);
    const Steering steering(control, run.reporter);
    work_on_accounts(run, selection.accounts, control);
}

// What the command line adds to [general]. A report changes as little as a dry run.
config::General with_switches(config::General general, const CommandLine& command_line) {
    general.dry_run = general.dry_run || command_line.dry_run || command_line.info;
    general.ignore_keyring = general.ignore_keyring || command_line.ignore_keyring;
    general.update_keyring = general.update_keyring || command_line.update_keyring;
    return general;
}

// `closing`: why nothing was begun; empty otherwise.
void report_end(Audience& audience, const std::string& closing) {
    for (const auto& text : audience.sink().final_report(closing))
        audience.listeners().report({"MainThread", events::EndReport{text}});
    audience.listeners().report({"MainThread", events::ProgramEnded{!closing.empty(), closing}});
}

// newmail_hook finds the list of changes in its environment. Where the variable is there before there are
// threads, setting it later replaces one value, and no getenv() meets an environment that moves meanwhile.
void prepare_environment(const config::Document& document) {
    const auto sections = document.sections();
    const bool is_needed = std::any_of(sections.begin(), sections.end(), [&](const std::string& section) {
        return document.has(section, "newmail_hook");
    });
    if (is_needed) ::setenv("OIMAP_CHANGES", "", 1);
}

int run_with_configuration(const CommandLine& command_line, std::vector<std::string> arguments) {
    const auto surroundings = read_surroundings();
    auto read = config_file::read_file(find_config_file(command_line.config_file, surroundings));
    for (const auto& argument : command_line.overrides) config_file::apply_override(read.document, argument);
    const auto general = with_switches(config::read_general(read.document, surroundings), command_line);
    const auto interface = choose_interface(command_line, general);
    prepare_environment(read.document);

    sync::Control control;
    Audience audience(command_line, interface.name, std::move(arguments),
                      {.stop = control.stop_token(),
                       .wake = [&control](const std::string& account) { control.wake(account); }});
    const events::Reporter reporter(audience.sink(), "MainThread");
    warn(interface.notices, reporter);
    announce(command_line, reporter);
    warn(read.warnings, reporter);
    warn(general.notices, reporter);

    std::string closing;
    python::Interpreter interpreter(
        general.pythonfile, [reporter](const std::string& text) { reporter(events::WarningGiven{text}); });
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
    report_end(audience, closing);
    return command_line.extended_exit ? audience.sink().extended_exit_status()
                                      : audience.sink().exit_status();
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
    return run_with_configuration(std::get<CommandLine>(parsed), {argv, argv + argc});
}

}  // namespace

// The last of the four places where an Error is caught.
int run_program(int argc, const char* const* argv) {
    os::keep_memory_private();
    try {
        return run(argc, argv);
    } catch (const base::Cancelled&) {
        return 0;
    } catch (const std::exception& error) {
        return fail_early(error.what());
    }
}

}  // namespace offlineimap::app
