// Host names as the network knows them.
#pragma once

#include <string>

namespace offlineimap::net {

// The A-labels of a name in UTF-8 (IDNA2008, RFC 5891); an ASCII name stays as it is. Throws
// Error{repository, configuration} for a name that is none, Error{repository, unsupported} if the library for
// it is missing.
std::string ascii_host_name(const std::string& name);

}  // namespace offlineimap::net
