// What TlsSettings mean to OpenSSL: protocol versions, trusted certificates, our own certificate.
#pragma once

#include <string>

#include "offlineimap/net/stream.hpp"

#include "openssl.hpp"

namespace offlineimap::net {

// Throws Error{repository, unsupported} for a version that the library lacks, Error{repository, certificate}
// for a CA file, Error{repository, tls} for a client certificate that cannot be loaded.
SslContext make_tls_context(const TlsSettings& settings, const std::string& repository);

// What TLS sessions are kept under: the place, and everything that is configured about it, with the state of
// the files. A session is never used where any of it differs.
std::string session_key(const TlsSettings& settings, const Endpoint& endpoint, const std::string& repository);

}  // namespace offlineimap::net
