// Owners of OpenSSL's objects and its error texts, for the files of this layer that use it.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace offlineimap::net {

template <auto function>
struct Freed {
    template <class T>
    void operator()(T* object) const noexcept {
        function(object);
    }
};
using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslSession = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509_free>>;

// The reason of the oldest error in this thread's queue, which is emptied; `otherwise` if there is none.
std::string take_ssl_error(const std::string& otherwise);

// DER form.
std::string der_of(const X509* certificate);

}  // namespace offlineimap::net
