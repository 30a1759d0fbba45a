// The login of one connection: the configured mechanisms in their order, as far as they are offered by the
// server, possible with what there is (a ticket, a token, a certificate, a password), and safe on this
// connection.
#pragma once

#include <stop_token>

#include "offlineimap/client/connection.hpp"

#include "driver.hpp"

namespace offlineimap::client {

// Returns when the server has accepted the login. Throws Error{repository, authentication}. Precondition: the
// session knows the server's capabilities.
//
// Differs from OfflineIMAP: a mechanism that was refused for its credentials is not followed by a weaker one
// with the same password, so that a wrong password counts as one failed login.
void authenticate(Driver& driver, const ConnectionSettings& settings, Credentials& credentials,
                  std::stop_token stop);

}  // namespace offlineimap::client
