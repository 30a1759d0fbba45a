// Whether the server's certificate is the right one, decided during the handshake, and what to tell the user
// when it is not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "offlineimap/net/stream.hpp"

#include "openssl.hpp"

namespace offlineimap::net {

// Lives as long as the handshake. The chain (trust, expiry, purpose, host name by RFC 9525: subjectAltName
// only) and the fingerprints must each be right where they are asked for.
class CertificateVerification {
  public:
    CertificateVerification(const TlsSettings& settings, const Endpoint& endpoint,
                            const std::string& repository);
    CertificateVerification(const CertificateVerification&) = delete;
    CertificateVerification& operator=(const CertificateVerification&) = delete;

    // Makes the handshake of `ssl` ask this object.
    void attach(SSL* ssl);
    // A resumed session shows no certificate: the one it began with is checked again, as if it were shown
    // now. `ssl` has the session; a refusal is kept only by the second.
    bool would_accept_session(SSL* ssl);
    bool accepts_session(SSL* ssl);
    // Why the certificate was refused, as an Error to throw; nullopt if it was not.
    const std::optional<base::Error>& refusal() const noexcept { return refusal_; }

  private:
    static int decide(X509_STORE_CTX* store, void* self);
    bool accepts(X509_STORE_CTX* store);
    bool chain_is_good(X509_STORE_CTX* store);
    bool fingerprint_is_good(const X509* certificate);
    void refuse(const std::string& sentence);

    const TlsSettings& settings_;
    const Endpoint& endpoint_;
    const std::string& repository_;
    std::optional<base::Error> refusal_;
};

// The original's sentence for a TLS connection that could not be made; it depends on the port.
std::string tls_failure_sentence(const Endpoint& endpoint, const std::string& repository,
                                 const std::string& detail);

}  // namespace offlineimap::net
