// The value of `proxy` and `authproxy`.
#pragma once

#include <string>

#include "offlineimap/base/proxy.hpp"
#include "offlineimap/base/result.hpp"

namespace offlineimap::config {

// Reads "TYPE:host:port" and "TYPE:user:password@host:port"; TYPE is SOCKS4, SOCKS5 or HTTP in any case, and
// an IPv6 address stands in brackets. The failure is a sentence without the value, which may hold a password.
base::Result<base::Proxy, std::string> parse_proxy(const std::string& value);

}  // namespace offlineimap::config
