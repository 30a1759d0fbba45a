// A proxy as configured, `TYPE:host:port`: what connections can be asked to go through.
#pragma once

#include <cstdint>
#include <string>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::base {

enum class ProxyType { socks4, socks5, http };

struct Proxy {
    ProxyType type = ProxyType::socks5;
    std::string host;  // a name or an address, without brackets
    std::uint16_t port = 0;
    std::string user;  // empty: the proxy asks for no login
    Secret password{};
};

}  // namespace offlineimap::base
