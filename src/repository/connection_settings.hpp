// From options to what a connection needs: host, port, TLS policy, login.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "offlineimap/client/connection.hpp"
#include "offlineimap/config/options.hpp"
#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/repository/repository.hpp"

namespace offlineimap::repository {

// Evaluates what is configured as Python. Throws Error{repository, configuration|python|certificate}.
client::ConnectionSettings connection_settings(const config::Repository& options,
                                               const Surroundings& surroundings);
// `stop`: the run's; it ends commands that are asked for a password.
std::unique_ptr<client::Credentials> credentials_for(const config::Repository& options,
                                                     const Surroundings& surroundings,
                                                     const client::ConnectionSettings& settings,
                                                     const std::stop_token& stop);
// remoteusereval or remoteuser.
std::optional<std::string> user_of(const config::ImapOptions& imap, python::Interpreter& interpreter);

}  // namespace offlineimap::repository
