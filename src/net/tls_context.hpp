// What TlsSettings mean to OpenSSL: protocol versions, trusted certificates, our own certificate.
#pragma once

#include <string>

#include "offlineimap/net/stream.hpp"

#include "openssl.hpp"

namespace offlineimap::net {

// Throws Error{repository, unsupported} for a version that the library lacks, Error{repository, certificate}
// for a CA file, Error{repository, tls} for a client certificate that cannot be loaded.
SslContext make_tls_context(const TlsSettings& settings, const std::string& repository);

}  // namespace offlineimap::net
