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

// What goes over the wire in UTF-8 because the server requires it (RFC 9051, RFC 6855), and in modified UTF-7
// anywhere else.
struct Utf8 {
    bool names = false;
    bool headers = false;  // a message with 8-bit bytes in its header is marked as such
};

struct Established {
    std::unique_ptr<Driver> driver;
    std::string greeting;
    Utf8 utf8;
};
Established establish(std::unique_ptr<net::Stream> stream, const ConnectionSettings& settings,
                      Credentials& credentials, const events::Reporter& reporter, std::stop_token stop);

}  // namespace offlineimap::client
