// Host names to addresses, with a limit.
#pragma once

#include <stop_token>
#include <sys/socket.h>
#include <vector>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/net/stream.hpp"

namespace offlineimap::net {

struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    int family() const noexcept { return bytes.ss_family; }
};

// In the order of RFC 6724 as the system sorts them; never empty. Throws Error{repository, network} with the
// original's text, also when the deadline passes, and Cancelled on stop.
std::vector<Address> resolve(const Endpoint& endpoint, const std::string& repository, base::Deadline deadline,
                             const std::stop_token& stop);

}  // namespace offlineimap::net
