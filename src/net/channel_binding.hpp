// What a login can be bound to in a TLS connection (RFC 5929, RFC 9266).
#pragma once

#include <string>

#include "offlineimap/net/stream.hpp"

#include "openssl.hpp"

namespace offlineimap::net {

// Empty if the connection has none of this type. Precondition: the handshake is over.
std::string channel_binding_of(SSL* ssl, ChannelBinding type);

}  // namespace offlineimap::net
