// The SHA-256 of whole messages on the server, without holding or storing one.
#pragma once

#include <map>
#include <span>
#include <stop_token>
#include <string>

#include "offlineimap/client/connection.hpp"

namespace offlineimap::client {

// Hex digests of the messages that could be fetched.
std::map<base::Uid, std::string> fetch_body_digests(Connection& connection,
                                                    std::span<const base::Uid> sorted_uids,
                                                    std::stop_token stop);

}  // namespace offlineimap::client
