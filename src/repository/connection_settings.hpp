// From options to what a connection needs: host, port, TLS policy, login.
#pragma once

#include <memory>

#include "offlineimap/client/connection.hpp"
#include "offlineimap/config/options.hpp"
#include "offlineimap/repository/repository.hpp"

namespace offlineimap::repository {

// Evaluates what is configured as Python. Throws Error{repository, configuration|python|certificate}.
client::ConnectionSettings connection_settings(const config::Repository& options,
                                               const Surroundings& surroundings);
std::unique_ptr<client::Credentials> credentials_for(const config::Repository& options,
                                                     const Surroundings& surroundings,
                                                     const client::ConnectionSettings& settings);

}  // namespace offlineimap::repository
