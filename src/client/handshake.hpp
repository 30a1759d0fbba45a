// From a connected stream to a connection that can be worked with: greeting, TLS, login, identification,
// compression.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "offlineimap/client/connection.hpp"

#include "driver.hpp"

namespace offlineimap::client {

// "imap.example.org", or "tunnel:COMMAND".
std::string server_name(const ConnectionSettings& settings);

// A TCP connection, with implicit TLS if the settings say so, or a tunnel.
std::unique_ptr<net::Stream> open_stream(const ConnectionSettings& settings, std::stop_token stop);

struct Established {
    std::unique_ptr<Driver> driver;
    std::string greeting;
};
Established establish(std::unique_ptr<net::Stream> stream, const ConnectionSettings& settings,
                      Credentials& credentials, const events::Reporter& reporter, std::stop_token stop);

}  // namespace offlineimap::client
