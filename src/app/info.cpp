// --info: what is configured and what the servers say, without a sync (reference: command line §5).
#include "offlineimap/base/error.hpp"

#include "run.hpp"

namespace offlineimap::app {

namespace {

void say(const Run& run, const std::string& text) {
    run.reporter(events::Information{text});
}

void show_expression(const Run& run, const std::string& option,
                     const std::optional<config::Expression>& expression) {
    if (expression) say(run, option + "= " + expression->text + "\n");
}

void show_folders(const Run& run, repository::Repository& repository, const repository::Context& context) {
    say(run, "Folderlist:");
    for (const auto& folder : repository.folders(context)) {
        std::string line = " " + folder.name.text();
        if (folder.visible_name != folder.name) line += " -> " + folder.visible_name.text();
        if (!folder.selected) line += " (disabled)";
        say(run, line);
    }
    say(run, "");
}

void show_rules(const Run& run, const config::Repository& options) {
    show_expression(run, "folderfilter", options.folderfilter);
    show_expression(run, "folderincludes", options.folderincludes);
    show_expression(run, "nametrans", options.nametrans);
}

void show_remote(const Run& run, repository::RemoteRepository& remote, const repository::Context& context) {
    const auto& imap = remote.options().imap();
    say(run, "Remote repository '" + remote.name() + "': type '" + remote.kind() + "'");
    say(run, "Host: " + imap.remotehost.value_or("None") +
                 " Port: " + (imap.remoteport ? std::to_string(*imap.remoteport) : std::string("None")) +
                 " SSL: " + (imap.ssl ? "True" : "False"));
    try {
        for (const auto& line : remote.describe(context)) say(run, line);
        say(run, "");
        show_rules(run, remote.options());
        show_folders(run, remote, context);
    } catch (const base::Error& error) {
        run.reporter(events::ErrorOccurred{"Failed to connect. Reason", error.what()});
    }
}

void show_local(const Run& run, repository::LocalRepository& local, const repository::Context& context) {
    say(run, "Local repository '" + local.name() + "': type '" + local.kind() + "'");
    show_rules(run, local.options());
    show_folders(run, local, context);
}

}  // namespace

void show_info(const Run& run, const std::vector<std::string>& accounts, std::stop_token stop) {
    const repository::Context context{run.reporter, std::move(stop)};
    for (const auto& name : accounts) {
        try {
            const auto ends = run.make_ends(name, run.reporter);
            show_remote(run, *ends.remote, context);
            show_local(run, *ends.local, context);
        } catch (const base::Error& error) {
            run.reporter(events::ErrorOccurred{"Account '" + name + "'", error.what()});
        }
    }
}

}  // namespace offlineimap::app
