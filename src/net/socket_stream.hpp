// A stream over a connected stream socket, TCP or local.
#pragma once

#include <memory>
#include <string>

#include "offlineimap/net/stream.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::net {

// `family` is the socket's AF_…; `peer` names the other side in errors.
std::unique_ptr<Stream> make_socket_stream(os::FileDescriptor socket, int family, std::string peer);

}  // namespace offlineimap::net
