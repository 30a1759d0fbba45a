// TCP connections, as connect_tcp() makes them, with a deadline and a name of the caller's.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/net/stream.hpp"

namespace offlineimap::net {

// `peer` names the other side in the errors of the stream.
std::unique_ptr<Stream> connect_until(const Endpoint& endpoint, const std::string& repository,
                                      const std::string& peer, const base::Deadline& deadline,
                                      const std::stop_token& stop);

// "imap.example.org:993 (repository 'Remote')".
std::string peer_name(const Endpoint& endpoint, const std::string& repository);

}  // namespace offlineimap::net
