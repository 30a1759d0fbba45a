#include "offlineimap/client/transport.hpp"

#include "offlineimap/base/text.hpp"
#include "offlineimap/net/stream.hpp"

namespace offlineimap::client {

bool is_loopback(const std::string& host) {
    if (base::equals_ignoring_case(host, "localhost") || host == "::1" || host == "[::1]") return true;
    const auto parts = base::split(host, '.');
    if (parts.size() != 4 || parts[0] != "127") return false;
    for (const auto part : parts) {
        const auto number = base::parse_integer<unsigned>(part);
        if (!number || *number > 255) return false;
    }
    return true;
}

std::string default_ca_file() {
    return net::default_ca_file();
}

}  // namespace offlineimap::client
