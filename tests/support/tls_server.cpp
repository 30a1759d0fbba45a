#include "support/tls_server.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace offlineimap::support {

namespace {

int number_of(const std::string& version) {
    static const std::map<std::string, int> versions = {{"", 0},
                                                        {"TLSv1", TLS1_VERSION},
                                                        {"TLSv1.1", TLS1_1_VERSION},
                                                        {"TLSv1.2", TLS1_2_VERSION},
                                                        {"TLSv1.3", TLS1_3_VERSION}};
    return versions.at(version);
}

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(std::string("cannot ") + what);
}

}  // namespace

struct TlsServerConnection::State {
    explicit State(const TlsServerSettings& settings) : context(SSL_CTX_new(TLS_server_method())) {
        const auto& files = settings.certificate;
        require(SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) == 1,
                "use a certificate");
        require(SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1, "use a key");
        if (!settings.version.empty()) allow_only(number_of(settings.version));
        if (settings.client_ca) {
            require(SSL_CTX_load_verify_file(context, settings.client_ca->c_str()) == 1, "load a CA");
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
        if (!settings.ticket_keys.empty()) resume_with(settings.ticket_keys);
        if (!settings.extended_master_secret) SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        ssl = SSL_new(context);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        SSL_free(ssl);
        SSL_CTX_free(context);
    }

    void allow_only(int version) const {
        SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0");
        SSL_CTX_set_min_proto_version(context, version);
        SSL_CTX_set_max_proto_version(context, version);
    }

    // One ticket a connection, so that a test can tell who has it.
    void resume_with(std::string keys) const {
        SSL_CTX_set_num_tickets(context, 1);
        const auto* name = reinterpret_cast<const unsigned char*>("test");
        SSL_CTX_set_session_id_context(context, name, 4);
        // SSL_CTX_set_tlsext_ticket_keys(), which is a macro with an old-style cast.
        require(SSL_CTX_ctrl(context, SSL_CTRL_SET_TLSEXT_TICKET_KEYS, static_cast<long>(keys.size()),
                             keys.data()) == 1,
                "use ticket keys");
    }

    SSL_CTX* context;
    SSL* ssl = nullptr;
};

TlsServerConnection::TlsServerConnection(ServerConnection& plain, const TlsServerSettings& settings)
    : state_(std::make_unique<State>(settings)) {
    SSL_set_fd(state_->ssl, plain.socket());
    succeeded_ = SSL_accept(state_->ssl) == 1;
}

TlsServerConnection::~TlsServerConnection() = default;

bool TlsServerConnection::resumed() const {
    return SSL_session_reused(state_->ssl) == 1;
}

std::string TlsServerConnection::server_name() const {
    const char* name = SSL_get_servername(state_->ssl, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
}

bool TlsServerConnection::send(std::string_view bytes) {
    std::size_t written = 0;
    return SSL_write_ex(state_->ssl, bytes.data(), bytes.size(), &written) == 1;
}

std::string TlsServerConnection::receive(std::size_t most) {
    constexpr std::size_t kBlock = 64U << 10U;
    std::string bytes(std::min(most, kBlock), '\0');
    std::size_t count = 0;
    if (SSL_read_ex(state_->ssl, bytes.data(), bytes.size(), &count) != 1) count = 0;
    bytes.resize(count);
    return bytes;
}

std::string TlsServerConnection::receive_exactly(std::size_t count) {
    std::string bytes;
    while (bytes.size() < count) {
        const std::string more = receive(count - bytes.size());
        if (more.empty()) break;
        bytes += more;
    }
    return bytes;
}

bool TlsServerConnection::received_end() const {
    const auto state = static_cast<unsigned>(SSL_get_shutdown(state_->ssl));
    return (state & SSL_RECEIVED_SHUTDOWN) != 0;
}

void TlsServerConnection::end() {
    SSL_shutdown(state_->ssl);
}

std::string TlsServerConnection::channel_binding(const std::string& type) const {
    constexpr std::size_t kExported = 32;
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    std::string value(EVP_MAX_MD_SIZE, '\0');
    auto* const bytes = reinterpret_cast<unsigned char*>(value.data());
    std::size_t size = 0;
    if (type == "tls-exporter") {
        size = kExported;
        require(SSL_export_keying_material(state_->ssl, bytes, size, kLabel.data(), kLabel.size(), bytes, 0,
                                           1) == 1,
                "export keying material");
    } else if (type == "tls-unique") {
        size = SSL_get_peer_finished(state_->ssl, bytes, value.size());
    } else {
        unsigned int digest_size = 0;
        require(X509_digest(SSL_get_certificate(state_->ssl), EVP_sha256(), bytes, &digest_size) == 1,
                "digest a certificate");
        size = digest_size;
    }
    value.resize(size);
    return value;
}

bool TlsServerConnection::renegotiate() {
    SSL_renegotiate(state_->ssl);
    // Sends HelloRequest; the client's ClientHello or its refusal is met when reading.
    return SSL_do_handshake(state_->ssl) == 1 && receive(1).size() == 1;
}

}  // namespace offlineimap::support
