#include "tls_verification.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/digest.hpp"

namespace offlineimap::net {

using base::Error;
using base::ErrorCode;
using base::Severity;

namespace {

struct NamedDigest {
    const char* name;
    os::DigestKind kind;
};
// In the order and with the names that the original shows.
constexpr std::array<NamedDigest, 5> kFingerprints = {{{"openssl_sha512", os::DigestKind::sha512},
                                                       {"openssl_sha384", os::DigestKind::sha384},
                                                       {"openssl_sha256", os::DigestKind::sha256},
                                                       {"openssl_sha224", os::DigestKind::sha224},
                                                       {"openssl_sha1", os::DigestKind::sha1}}};

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    const auto size = static_cast<std::size_t>(std::max(0L, BIO_get_mem_data(memory, &bytes)));
    return base::printable({bytes, size});
}

std::string text_of(const X509_NAME* name) {
    const Bio memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    return text_of(memory.get());
}

std::string text_of(const ASN1_TIME* time) {
    const Bio memory(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(memory.get(), time);
    return text_of(memory.get());
}

std::string alternative_names(const X509* certificate) {
    const Bio memory(BIO_new(BIO_s_mem()));
    const int index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    if (index < 0) return "none";
    X509V3_EXT_print(memory.get(), X509_get_ext(certificate, index), 0, 0);
    return text_of(memory.get());
}

std::string description_of(const X509* certificate) {
    const std::string fingerprint = os::digest_hex(os::DigestKind::sha256, der_of(certificate));
    return "\nsubject: " + text_of(X509_get_subject_name(certificate)) +
           "\nnames (subjectAltName): " + alternative_names(certificate) +
           "\nissuer: " + text_of(X509_get_issuer_name(certificate)) +
           "\nvalid: " + text_of(X509_get0_notBefore(certificate)) + " to " +
           text_of(X509_get0_notAfter(certificate)) + "\nSHA-256 fingerprint to pin: " + fingerprint;
}

bool is_name_mismatch(int reason) {
    return reason == X509_V_ERR_HOSTNAME_MISMATCH || reason == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

// A name that is an address is looked for among the addresses of the certificate, and not sent by SNI
// (RFC 6066 §3).
bool is_address(const std::string& name) {
    const std::unique_ptr<ASN1_OCTET_STRING, Freed<ASN1_OCTET_STRING_free>> address(
        a2i_IPADDRESS(name.c_str()));
    ERR_clear_error();
    return address != nullptr;
}

std::string without_final_dot(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    return name;
}

void expect_name(SSL* ssl, const std::string& name) {
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str());
        return;
    }
    // RFC 9525 §2, §6.3: the common name means nothing; a wildcard stands for one whole label.
    X509_VERIFY_PARAM_set_hostflags(
        parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
    // SSL_set_tlsext_host_name(), which is a macro with an old-style cast.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
}

}  // namespace

CertificateVerification::CertificateVerification(const TlsSettings& settings, const Endpoint& endpoint,
                                                 const std::string& repository)
    : settings_(settings), endpoint_(endpoint), repository_(repository) {}

void CertificateVerification::attach(SSL* ssl) {
    expect_name(ssl, without_final_dot(ascii_host_name(settings_.server_name)));
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(ssl), &decide, this);
}

int CertificateVerification::decide(X509_STORE_CTX* store, void* self) {
    // Called by OpenSSL: nothing may be thrown through it.
    try {
        return static_cast<CertificateVerification*>(self)->accepts(store) ? 1 : 0;
    } catch (const std::exception&) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
}

bool CertificateVerification::accepts(X509_STORE_CTX* store) {
    // Only a fingerprint can take the chain's place.
    const bool chain_matters = settings_.verify_chain || settings_.fingerprints.empty();
    const bool good =
        (!chain_matters || chain_is_good(store)) && fingerprint_is_good(X509_STORE_CTX_get0_cert(store));
    if (good)
        X509_STORE_CTX_set_error(store, X509_V_OK);
    else if (X509_STORE_CTX_get_error(store) == X509_V_OK)
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);  // the alert that the server gets
    return good;
}

bool CertificateVerification::accepts_session(SSL* ssl) {
    X509* certificate = SSL_get0_peer_certificate(ssl);
    const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> store(X509_STORE_CTX_new());
    if (certificate == nullptr || !store) return false;
    if (X509_STORE_CTX_init(store.get(), SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), certificate,
                            SSL_get_peer_cert_chain(ssl)) != 1)
        return false;
    // As OpenSSL prepares it in a handshake: the purpose, the strength of signatures, the name.
    X509_STORE_CTX_set_default(store.get(), "ssl_server");
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(store.get());
    X509_VERIFY_PARAM_set_auth_level(parameters, SSL_get_security_level(ssl));
    X509_VERIFY_PARAM_set1(parameters, SSL_get0_param(ssl));
    const bool good = accepts(store.get());
    ERR_clear_error();
    return good;
}

bool CertificateVerification::would_accept_session(SSL* ssl) {
    const bool good = accepts_session(ssl);
    refusal_.reset();
    return good;
}

bool CertificateVerification::chain_is_good(X509_STORE_CTX* store) {
    if (X509_verify_cert(store) == 1) return true;
    const X509* certificate = X509_STORE_CTX_get0_cert(store);
    const int reason = X509_STORE_CTX_get_error(store);
    const std::string description = description_of(certificate);
    if (is_name_mismatch(reason))
        refuse("CA Cert verifying failed:  no matching domain name found in certificate for '" +
               settings_.server_name + "'" + description);
    else if (reason == X509_V_ERR_CERT_HAS_EXPIRED && X509_STORE_CTX_get_error_depth(store) == 0)
        refuse("CA Cert verifying failed:  certificate expired " + text_of(X509_get0_notAfter(certificate)) +
               description);
    else
        refuse(tls_failure_sentence(endpoint_, repository_,
                                    std::string("certificate verify failed: ") +
                                        X509_verify_cert_error_string(reason) + description));
    return false;
}

bool CertificateVerification::fingerprint_is_good(const X509* certificate) {
    const auto& wanted = settings_.fingerprints;
    if (wanted.empty()) return true;
    const std::string der = der_of(certificate);
    std::vector<std::string> shown;
    for (const auto& [name, kind] : kFingerprints) {
        const std::string digest = os::digest_hex(kind, der);
        if (std::find(wanted.begin(), wanted.end(), digest) != wanted.end()) return true;
        shown.push_back("('" + std::string(name) + "', '" + digest + "')");
    }
    // The original's words; users copy the value for their configuration from here.
    refuse("Server SSL fingerprint(s) '[" + base::join(shown, ", ") + "]' for hostname '" + endpoint_.host +
           "' does not match configured fingerprint(s) ['" + base::join(wanted, "', '") +
           "'].  Please verify and set 'cert_fingerprint' accordingly if not set yet." +
           description_of(certificate));
    return false;
}

void CertificateVerification::refuse(const std::string& sentence) {
    refusal_.emplace(Severity::repository, ErrorCode::certificate, sentence);
}

std::string tls_failure_sentence(const Endpoint& endpoint, const std::string& repository,
                                 const std::string& detail) {
    constexpr std::uint16_t kImaps = 993;
    if (endpoint.port == kImaps)
        return "Unknown SSL protocol connecting to host '" + endpoint.host + "' for repository '" +
               repository + "'. OpenSSL responded:\n" + detail;
    return "Could not connect via SSL to host '" + endpoint.host + "' and non-standard ssl port " +
           std::to_string(endpoint.port) +
           " configured. Make sure you connect to the correct port. Got: " + detail;
}

}  // namespace offlineimap::net
