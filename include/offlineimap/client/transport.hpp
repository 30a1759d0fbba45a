// What the layers above need to know of the network without touching it.
#pragma once

#include <string>

namespace offlineimap::client {

// "localhost", 127.0.0.0/8 and ::1: a server on this very machine.
bool is_loopback(const std::string& host);
// `sslcacertfile = OS-DEFAULT`. Throws Error{repository, certificate} if no known place has one.
std::string default_ca_file();

}  // namespace offlineimap::client
