// --info: what is configured and what the servers say, without a sync (reference: command line §5).
#include <algorithm>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"

#include "python_text.hpp"
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

void show_rules(const Run& run, const config::Repository& options) {
    show_expression(run, "folderfilter", options.folderfilter);
    show_expression(run, "folderincludes", options.folderincludes);
    show_expression(run, "nametrans", options.nametrans);
}

void show_folders(const Run& run, repository::Repository& repository, const repository::Context& context) {
    std::string lines = "Folderlist:\n";
    for (const auto& folder : repository.folders(context)) {
        lines += " " + folder.name.text();
        if (folder.visible_name != folder.name) lines += " -> " + folder.visible_name.text();
        lines += folder.selected ? "\n" : " (disabled)\n";
    }
    say(run, lines);
}

void show_title(const Run& run, const std::string& side, const repository::Repository& repository) {
    say(run, side + " repository '" + repository.name() + "': type '" + repository.kind() + "'");
}

// As configured: the host may come from Python, and a port that is not written is "None".
std::string endpoint_line(const Run& run, const config::ImapOptions& imap) {
    auto host = imap.remotehost;
    if (imap.remotehosteval) host = run.interpreter.evaluate_text(*imap.remotehosteval, python::Names::plain);
    std::string port = "None";
    if (imap.remoteporteval) {
        const auto given = run.interpreter.evaluate_integer(*imap.remoteporteval, python::Names::plain);
        if (given) port = std::to_string(*given);
    } else if (imap.remoteport) {
        port = std::to_string(*imap.remoteport);
    }
    return "Host: " + host.value_or("None") + " Port: " + port + " SSL: " + (imap.ssl ? "True" : "False");
}

void show_server(const Run& run, repository::RemoteRepository& remote, const repository::Context& context) {
    const auto server = remote.describe(context);
    const auto& capabilities = server.capabilities;
    if (std::find(capabilities.begin(), capabilities.end(), "ID") != capabilities.end())
        say(run, "Server supports ID extension.");
    if (server.personal) {
        const auto separator = server.personal->separator;
        say(run, "Personal namespace: '" + base::printable(server.personal->prefix) + "' separator: " +
                     (separator ? "'" + base::printable(std::string(1, *separator)) + "'" : "None"));
    }
    say(run, "Server welcome string: " + python_bytes(server.greeting));
    say(run, "Server capabilities: " + python_tuple(capabilities) + "\n");
}

void show_remote(const Run& run, repository::RemoteRepository& remote, const repository::Context& context) {
    show_title(run, "Remote", remote);
    try {
        say(run, endpoint_line(run, remote.options().imap()));
        show_server(run, remote, context);
    } catch (const base::Error& error) {
        // Differs from OfflineIMAP, which ends with status 0 all the same.
        run.reporter(events::ErrorOccurred{"", std::string("Failed to connect. Reason ") + error.what()});
        show_rules(run, remote.options());
        return;
    }
    show_rules(run, remote.options());
    show_folders(run, remote, context);
}

void show_local(const Run& run, repository::LocalRepository& local, const repository::Context& context) {
    show_title(run, "Local", local);
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
