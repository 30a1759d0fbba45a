#include "channel_binding.hpp"

#include <array>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

namespace offlineimap::net {

namespace {

std::string text_of(const unsigned char* bytes, std::size_t size) {
    return {bytes, bytes + size};
}

// RFC 9266 §4.2. In TLS 1.2 it would need an extended master secret, and there tls-unique is what servers
// know.
std::string exported(SSL* ssl) {
    if (SSL_version(ssl) != TLS1_3_VERSION) return {};
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    std::array<unsigned char, 32> value{};
    const int result = SSL_export_keying_material(ssl, value.data(), value.size(), kLabel.data(),
                                                  kLabel.size(), nullptr, 0, 0);
    ERR_clear_error();
    return result == 1 ? text_of(value.data(), value.size()) : std::string();
}

// RFC 5929 §3.1: the first Finished message of the handshake, which is the server's if a session was resumed.
// Without an extended master secret another connection can be made to have the same (RFC 7627 §1).
std::string first_finished(SSL* ssl) {
    if (SSL_version(ssl) != TLS1_2_VERSION || SSL_get_extms_support(ssl) != 1) return {};
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    const std::size_t size = SSL_session_reused(ssl) == 1
                                 ? SSL_get_peer_finished(ssl, value.data(), value.size())
                                 : SSL_get_finished(ssl, value.data(), value.size());
    return size <= value.size() ? text_of(value.data(), size) : std::string();
}

// RFC 5929 §4.1: the digest of the certificate by that of its signature, or SHA-256 instead of a broken one.
std::string certificate_digest(SSL* ssl) {
    const X509* const certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return {};
    int digest = NID_undef;
    X509_get_signature_info(const_cast<X509*>(certificate), &digest, nullptr, nullptr, nullptr);
    if (digest == NID_undef) return {};
    if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
    const EVP_MD* const algorithm = EVP_get_digestbynid(digest);
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned int size = 0;
    const bool digested =
        algorithm != nullptr && X509_digest(certificate, algorithm, value.data(), &size) == 1;
    ERR_clear_error();
    return digested ? text_of(value.data(), size) : std::string();
}

}  // namespace

std::string channel_binding_of(SSL* ssl, ChannelBinding type) {
    switch (type) {
        case ChannelBinding::tls_exporter:
            return exported(ssl);
        case ChannelBinding::tls_unique:
            return first_finished(ssl);
        case ChannelBinding::tls_server_end_point:
            return certificate_digest(ssl);
    }
    return {};
}

}  // namespace offlineimap::net
