// --oauth2-login: the first OAuth 2 token of a repository, from a person with a browser into its file.
#pragma once

#include <stop_token>

#include "offlineimap/config/options.hpp"
#include "offlineimap/events/reporter.hpp"
#include "offlineimap/repository/repository.hpp"

namespace offlineimap::repository {

// Says what to do, waits for the login and stores the refresh token in oauth2_refresh_token_file. Throws
// Error{repository, …}: it names the options that are missing before anybody is asked to log in.
void log_in_with_oauth2(const config::Repository& options, const Surroundings& surroundings,
                        const events::Reporter& reporter, const std::stop_token& stop);

}  // namespace offlineimap::repository
