#include "run.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/net/stream.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/status/sqlite_database.hpp"
#include "offlineimap/sync/mbnames.hpp"

namespace offlineimap::app {

namespace {

constexpr mode_t kPrivate = 0700;

void warn_all(const std::vector<std::string>& notices, const events::Reporter& reporter) {
    for (const auto& notice : notices) reporter(events::WarningGiven{notice});
}

void refuse_unsupported(const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    throw base::Error(base::Severity::repository, base::ErrorCode::unsupported,
                      base::join(sentences, "\n  "));
}

}  // namespace

std::string program_version() {
    return OFFLINEIMAP_VERSION;
}

std::vector<std::string> component_versions() {
    return {net::tls_library_version(), status::database_library_version(), python::Interpreter::version()};
}

namespace {

// Nobody but these two hooks empties or needs the list.
std::filesystem::path changes_file(const config::General& general, const config::Account& account,
                                   const config::Repository& remote) {
    if (general.dry_run || (account.postsynchook.empty() && !remote.imap().newmail_hook)) return {};
    return general.metadata / (account.name + ".changes");
}

}  // namespace

sync::AccountEnds Run::make_ends(const std::string& name, const events::Reporter& speaker) const {
    auto account = config::read_account(document, name);
    if (command_line.once) account.autorefresh_minutes = 0;
    if (command_line.quick) account.quick = -1;
    auto remote = config::read_repository(document, account.remote_repository, config::Role::remote, account,
                                          general, surroundings);
    auto local = config::read_repository(document, account.local_repository, config::Role::local, account,
                                         general, surroundings);
    if (command_line.folders) remote.only_folders = command_line.folders;
    for (const auto* notices : {&account.notices, &remote.notices, &local.notices})
        warn_all(*notices, speaker);
    refuse_unsupported(config::unsupported_options(document, account, remote, local));
    const repository::Surroundings needs{.general = general,
                                         .account = account,
                                         .paths = surroundings,
                                         .interpreter = interpreter,
                                         .sink = sink,
                                         .version = program_version(),
                                         .changes_file = changes_file(general, account, remote)};
    sync::AccountEnds ends;
    ends.changes_file = needs.changes_file;
    ends.remote = repository::make_remote_repository(remote, needs);
    ends.local = repository::make_local_repository(local, needs);
    ends.account = std::move(account);
    return ends;
}

void Run::make_metadata_directory() const {
    os::make_directories(general.metadata, kPrivate, base::Severity::critical);
}

namespace {

// An account that is named twice would wait for itself.
std::vector<std::string> each_once(const std::vector<std::string>& names) {
    std::vector<std::string> once;
    for (const auto& name : names) {
        if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(name);
    }
    return once;
}

}  // namespace

Selection select_accounts(const Run& run) {
    const auto known = config::account_names(run.document);
    const auto& login = run.command_line.oauth2_login;
    Selection selection{.accounts = login
                                        ? std::vector<std::string>{*login}
                                        : each_once(run.command_line.accounts.value_or(run.general.accounts)),
                        .closing = {}};
    for (const auto& name : selection.accounts) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        run.reporter(events::ErrorOccurred{"", "The account '" + name + "' does not exist"});
        selection.valid = false;
    }
    if (selection.accounts.empty()) {
        run.reporter(events::ErrorOccurred{"", "No accounts are selected: 'accounts' in [general] is empty"});
        selection.valid = false;
    }
    if (!selection.valid)
        selection.closing =
            known.empty() ? "No accounts are defined!" : "Valid accounts are: " + base::join(known, ", ");
    return selection;
}

namespace {

std::string text_of(const Run& run, const config::Expression& expression) {
    return run.interpreter.evaluate_text(expression, python::Names::plain).value_or("");
}

}  // namespace

std::unique_ptr<sync::Mbnames> make_mbnames(const Run& run) {
    const auto options = config::read_mbnames(run.document, run.surroundings);
    if (!options || !options->enabled) return nullptr;
    sync::MbnamesSettings settings{
        .directory = run.general.metadata / "mbnames",
        .filename = options->filename,
        .header = text_of(run, options->header),
        .separator = text_of(run, options->separator),
        .footer = text_of(run, options->footer),
        .peritem = options->peritem.text,
        .format = [&interpreter = run.interpreter, option = options->peritem](
                      const std::string& conversion,
                      const sync::MbnamesItem& item) { return interpreter.format(option, conversion, item); },
        .incremental = options->incremental,
        .dry_run = run.general.dry_run,
        .selects = nullptr,
        .sorted_order = nullptr};
    if (options->folderfilter) {
        settings.selects =
            [filter = run.interpreter.evaluate_function(*options->folderfilter, python::Names::with_re)](
                const std::string& account, const std::string& folder) {
                return filter.call_truth(account, folder);
            };
    }
    if (options->sort_keyfunc) {
        settings.sorted_order =
            [key = run.interpreter.evaluate_function(*options->sort_keyfunc, python::Names::with_re)](
                const std::vector<sync::MbnamesItem>& items) { return key.sort_by_key(items); };
    }
    return std::make_unique<sync::Mbnames>(std::move(settings), run.reporter);
}

void sync_accounts(const Run& run, const std::vector<std::string>& accounts, sync::Control& control) {
    if (!run.general.dry_run) run.make_metadata_directory();
    const auto mbnames = make_mbnames(run);
    const auto threading =
        run.command_line.runs_in_a_single_thread() ? sync::Threading::single : sync::Threading::many;
    std::vector<sync::AccountSettings> settings;
    for (const auto& name : accounts) {
        settings.push_back(
            {.name = name,
             .make_ends = [&run,
                           name] { return run.make_ends(name, run.reporter.named("Account sync " + name)); },
             .metadata = run.general.metadata,
             .fsync = run.general.fsync,
             .dry_run = run.general.dry_run,
             .ignore_readonly = run.general.ignore_readonly,
             .threading = threading,
             .folders_done = nullptr});
        if (mbnames) {
            settings.back().folders_done = [&mbnames, name](const std::vector<sync::SyncedFolder>& folders) {
                mbnames->account_done(name, folders);
            };
        }
    }
    sync::run_accounts(settings, static_cast<std::size_t>(run.general.max_sync_accounts), threading, control,
                       run.reporter);
    if (mbnames) mbnames->write();
}

}  // namespace offlineimap::app
