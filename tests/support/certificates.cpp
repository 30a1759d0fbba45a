#include "support/certificates.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace offlineimap::support {

namespace {

template <auto function>
struct Freed {
    template <class T>
    void operator()(T* object) const noexcept {
        function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using File = std::unique_ptr<std::FILE, Freed<std::fclose>>;

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(std::string("cannot ") + what);
}

File open_file(const std::filesystem::path& path) {
    File file(std::fopen(path.c_str(), "we"));
    require(file != nullptr, "create a PEM file");
    return file;
}

void write_certificate(const std::filesystem::path& path, X509* certificate) {
    require(PEM_write_X509(open_file(path).get(), certificate) == 1, "write a certificate");
}

void write_key(const std::filesystem::path& path, EVP_PKEY* key) {
    const File file = open_file(path);
    require(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "write a key");
}

std::string der_of(const X509* certificate) {
    std::string der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)), '\0');
    auto* position = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(certificate, &position);
    return der;
}

void set_serial_number(X509* certificate) {
    std::array<unsigned char, 8> bytes{};
    require(RAND_bytes(bytes.data(), bytes.size()) == 1, "make a serial number");
    std::uint64_t number = 0;
    for (const unsigned char byte : bytes) number = number << 8U | byte;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1U);
}

void set_name(X509_NAME* name, const std::string& common_name) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.data());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes, static_cast<int>(common_name.size()), -1, 0);
}

void set_validity(X509* certificate, int first_day, int last_day) {
    constexpr long kSecondsPerDay = 86400;
    X509_gmtime_adj(X509_getm_notBefore(certificate), first_day * kSecondsPerDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate), last_day * kSecondsPerDay);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "add an extension");
}

GENERAL_NAME* general_name(int kind, ASN1_STRING* value) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, kind, value);
    return name;
}

GENERAL_NAME* dns_name(const std::string& text) {
    ASN1_IA5STRING* value = ASN1_IA5STRING_new();
    ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
    return general_name(GEN_DNS, value);
}

void add_alternative_names(X509* certificate, const CertificateRequest& request) {
    if (request.dns_names.empty() && request.addresses.empty()) return;
    const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
    for (const auto& name : request.dns_names) sk_GENERAL_NAME_push(names.get(), dns_name(name));
    for (const auto& address : request.addresses)
        sk_GENERAL_NAME_push(names.get(), general_name(GEN_IPADD, a2i_IPADDRESS(address.c_str())));
    require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1,
            "add alternative names");
}

Certificate unsigned_certificate(EVP_PKEY* key, const CertificateRequest& request) {
    Certificate certificate(X509_new());
    constexpr long kVersion3 = 2;
    X509_set_version(certificate.get(), kVersion3);
    set_serial_number(certificate.get());
    set_validity(certificate.get(), request.first_day, request.last_day);
    if (request.last_second != 0) X509_gmtime_adj(X509_getm_notAfter(certificate.get()), request.last_second);
    set_name(X509_get_subject_name(certificate.get()), request.common_name);
    X509_set_pubkey(certificate.get(), key);
    add_alternative_names(certificate.get(), request);
    return certificate;
}

void sign(X509* certificate, const X509_NAME* issuer, EVP_PKEY* key) {
    X509_set_issuer_name(certificate, issuer);
    require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign a certificate");
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "make a key");
    return key;
}

CertificateFiles write(const std::filesystem::path& directory, const std::string& name, X509* certificate,
                       EVP_PKEY* key) {
    CertificateFiles files{directory / (name + ".pem"), directory / (name + ".key"), der_of(certificate)};
    write_certificate(files.certificate, certificate);
    write_key(files.key, key);
    return files;
}

}  // namespace

struct CertificateAuthority::Identity {
    Key key;
    Certificate certificate;
};

CertificateAuthority::CertificateAuthority(std::filesystem::path directory, const std::string& name)
    : directory_(std::move(directory)), file_(directory_ / (name + ".pem")) {
    Key key = make_key();
    Certificate certificate =
        unsigned_certificate(key.get(), {.common_name = name, .dns_names = {}, .addresses = {}});
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    sign(certificate.get(), X509_get_subject_name(certificate.get()), key.get());
    write_certificate(file_, certificate.get());
    identity_ = std::make_unique<Identity>(Identity{std::move(key), std::move(certificate)});
}

CertificateAuthority::~CertificateAuthority() = default;

CertificateFiles CertificateAuthority::issue(const std::string& name,
                                             const CertificateRequest& request) const {
    const Key key = make_key();
    const Certificate certificate = unsigned_certificate(key.get(), request);
    add_extension(certificate.get(), NID_ext_key_usage, request.extended_key_usage);
    sign(certificate.get(), X509_get_subject_name(identity_->certificate.get()), identity_->key.get());
    return write(directory_, name, certificate.get(), key.get());
}

CertificateFiles make_self_signed(const std::filesystem::path& directory, const std::string& name,
                                  const CertificateRequest& request) {
    const Key key = make_key();
    const Certificate certificate = unsigned_certificate(key.get(), request);
    add_extension(certificate.get(), NID_ext_key_usage, request.extended_key_usage);
    sign(certificate.get(), X509_get_subject_name(certificate.get()), key.get());
    return write(directory, name, certificate.get(), key.get());
}

}  // namespace offlineimap::support
