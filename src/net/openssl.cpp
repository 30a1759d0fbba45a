#include "openssl.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "offlineimap/net/stream.hpp"

namespace offlineimap::net {

std::string take_ssl_error(const std::string& otherwise) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? otherwise : reason;
}

std::string der_of(const X509* certificate) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate, &bytes);
    if (size < 0) return {};
    const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> owner(bytes);
    return {bytes, bytes + size};
}

std::string tls_library_version() {
    return OpenSSL_version(OPENSSL_VERSION);
}

}  // namespace offlineimap::net
