// Where a login comes from (reference: network and authentication §4.1, §4.2): first hit wins, asked once,
// kept in memory only.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "offlineimap/base/secret.hpp"
#include "offlineimap/client/connection.hpp"
#include "offlineimap/config/options.hpp"
#include "offlineimap/events/reporter.hpp"

namespace offlineimap::client {

struct CredentialSources {
    std::string account;
    std::string repository;
    std::string host;                     // for netrc; empty with a tunnel
    std::optional<std::string> user;      // remoteuser, or what remoteusereval gave
    std::optional<std::string> identity;  // remote_identity
    // remotepasseval; empty function: not configured. Called when a password is needed.
    std::function<base::Secret()> evaluate_password;
    std::optional<std::string> remotepass;
    std::optional<std::filesystem::path> remotepassfile;
    // remotepasscmd (not in the original); nullopt: it printed nothing. Empty function: not configured.
    std::function<std::optional<base::Secret>()> run_password_command;
    std::filesystem::path user_netrc;  // ~/.netrc
    std::filesystem::path system_netrc = "/etc/netrc";
    // The system's keyring, asked after netrc; nullopt: it has no password for them. Empty: not to be asked.
    std::function<std::optional<base::Secret>(const std::string& service, const std::string& user)>
        read_keyring;
    // Puts a password that the server has accepted into the keyring. Empty: not wanted.
    // Differs from OfflineIMAP, which stores a password before it is known to be right.
    std::function<void(const std::string& service, const std::string& user, const base::Secret& password)>
        store_in_keyring;
    std::shared_ptr<BearerTokens> bearer_tokens;  // nullptr: no OAuth 2 is configured
};

// Thread-safe: one instance serves all connections of a repository, and while one thread asks the user, the
// others wait for that answer.
std::unique_ptr<Credentials> make_credentials(CredentialSources sources, events::Sink& prompts);

// One entry of a netrc file; `default` matches every host. Exposed for tests.
struct NetrcEntry {
    std::string login;
    base::Secret password;
};
// nullopt: no entry. Throws Error{repository, configuration} naming FILE:LINE for a syntax error.
std::optional<NetrcEntry> find_in_netrc(const std::string& text, const std::string& host,
                                        const std::string& file_for_errors);

}  // namespace offlineimap::client
