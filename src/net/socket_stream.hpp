// Streams over descriptors: a connected TCP socket, or a pipe for each direction.
#pragma once

#include <memory>
#include <string>

#include "offlineimap/net/stream.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::net {

// `family` is the socket's AF_…; `peer` names the other side in errors.
std::unique_ptr<Stream> make_socket_stream(os::FileDescriptor socket, int family, std::string peer);

// `input` is read from, `output` written to.
std::unique_ptr<Stream> make_pipe_stream(os::FileDescriptor input, os::FileDescriptor output,
                                         std::string peer);

}  // namespace offlineimap::net
