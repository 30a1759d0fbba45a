// --oauth2-login: no sync, and no connection to the mail server.
#include "offlineimap/base/error.hpp"
#include "offlineimap/repository/oauth2.hpp"

#include "run.hpp"

namespace offlineimap::app {

void log_in_with_oauth2(const Run& run, const std::vector<std::string>& accounts,
                        const std::stop_token& stop) {
    for (const auto& name : accounts) {
        try {
            const auto account = config::read_account(run.document, name);
            const auto remote =
                config::read_repository(run.document, account.remote_repository, config::Role::remote,
                                        account, run.general, run.surroundings);
            if (!remote.is_imap()) {
                throw base::Error(base::Severity::repository, base::ErrorCode::usage,
                                  "its remote repository is no IMAP server");
            }
            repository::log_in_with_oauth2(remote,
                                           {.general = run.general,
                                            .account = account,
                                            .paths = run.surroundings,
                                            .interpreter = run.interpreter,
                                            .sink = run.sink,
                                            .version = program_version()},
                                           run.reporter, stop);
        } catch (const base::Error& error) {
            run.reporter(events::ErrorOccurred{"Account '" + name + "'", error.what()});
        }
    }
}

}  // namespace offlineimap::app
