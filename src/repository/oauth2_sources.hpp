// From oauth2_… options to what the client needs of them.
#pragma once

#include <memory>

#include "offlineimap/client/connection.hpp"
#include "offlineimap/client/oauth2.hpp"
#include "offlineimap/client/oauth2_login.hpp"
#include "offlineimap/config/options.hpp"
#include "offlineimap/repository/repository.hpp"

namespace offlineimap::repository {

// nullptr if nothing is written that a token could come from.
std::shared_ptr<client::BearerTokens> bearer_tokens(const config::Repository& options,
                                                    const Surroundings& surroundings,
                                                    const client::ConnectionSettings& settings);
// As configured, and what is known of the provider for the rest.
client::OAuth2Provider oauth2_provider(const config::OAuth2Options& oauth2, const std::string& mail_host);
client::OAuth2Client oauth2_client(const config::Repository& options, const Surroundings& surroundings,
                                   const std::string& token_url);

}  // namespace offlineimap::repository
