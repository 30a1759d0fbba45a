#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include <openssl/err.h>

#include "offlineimap/net/stream.hpp"

#include "channel_binding.hpp"
#include "filter_stream.hpp"
#include "openssl.hpp"
#include "tls_context.hpp"
#include "tls_sessions.hpp"
#include "tls_verification.hpp"

namespace offlineimap::net {

using base::Deadline;
using base::Error;
using base::ErrorCode;
using base::Severity;
using std::chrono::milliseconds;

namespace {

// OpenSSL reads and writes memory; FilterStream carries the bytes.
class TlsStream final : public FilterStream {
  public:
    // Sessions that the server offers are kept under `session_key`.
    TlsStream(std::unique_ptr<Stream> plain, SslContext context, std::string session_key)
        : FilterStream(std::move(plain)),
          context_(std::move(context)),
          ssl_(SSL_new(context_.get())),
          session_key_(std::move(session_key)) {
        if (!ssl_) throw std::bad_alloc();
        from_server_ = BIO_new(BIO_s_mem());
        to_server_ = BIO_new(BIO_s_mem());
        if (from_server_ == nullptr || to_server_ == nullptr) throw std::bad_alloc();
        BIO_set_mem_eof_return(from_server_, -1);  // empty means "later", until feed_end()
        SSL_set_bio(ssl_.get(), from_server_, to_server_);
        SSL_set_connect_state(ssl_.get());
        SSL_set_ex_data(ssl_.get(), 0, this);
        SSL_CTX_sess_set_new_cb(context_.get(), &keep_session);
    }
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream() override { close(); }

    SSL* ssl() noexcept { return ssl_.get(); }
    const std::string& session_key() const noexcept { return session_key_; }

    enum class Handshake { done, going_on, failed };
    // One round: what OpenSSL can do now, then one exchange of bytes. `reason` is set when it failed.
    Handshake handshake(milliseconds limit, const std::stop_token& stop, std::string& reason) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        const int outcome = SSL_get_error(ssl_.get(), result);
        collect_outgoing();
        if (outcome == SSL_ERROR_NONE) {
            move_encoded(Direction::send, false, limit, stop);
            established_ = true;
            return Handshake::done;
        }
        if (outcome != SSL_ERROR_WANT_READ) {
            reason = ended_ ? "the server closed the connection during the handshake"
                            : take_ssl_error("the handshake failed");
            send_quietly();  // the alert tells the server why
            return Handshake::failed;
        }
        move_encoded(Direction::both, true, limit, stop);
        return Handshake::going_on;
    }

    bool is_encrypted() const noexcept override { return true; }
    std::string description() const override {
        return std::string(SSL_get_version(ssl_.get())) + ", " + SSL_get_cipher_name(ssl_.get());
    }
    std::string peer_certificate() const override { return der_of(SSL_get0_peer_certificate(ssl_.get())); }
    std::string channel_binding(ChannelBinding type) const override {
        return channel_binding_of(ssl_.get(), type);
    }

    void close() noexcept override {
        if (closed_) return;
        closed_ = true;
        if (established_) {
            // RFC 8446 §6.1: say that nothing follows. The answer is not waited for.
            SSL_shutdown(ssl_.get());
            collect_outgoing();
            send_quietly();
            ERR_clear_error();
        }
        inner().close();
    }

  protected:
    void encode(std::string_view piece) override {
        ERR_clear_error();
        std::size_t written = 0;
        // Memory never blocks, so a piece is written whole or the connection is broken.
        if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &written) != 1) throw_failure("sending");
        collect_outgoing();
    }

    Decoded decode(std::span<char> in) override {
        Decoded decoded;
        ERR_clear_error();
        while (decoded.size < in.size()) {
            std::size_t count = 0;
            const auto rest = in.subspan(decoded.size);
            if (SSL_read_ex(ssl_.get(), rest.data(), rest.size(), &count) != 1) break;
            decoded.size += count;
        }
        if (decoded.size == 0) decoded.ended = why_nothing_was_read();
        collect_outgoing();  // answers to key updates
        return decoded;
    }

    void feed(std::string_view received) override {
        std::size_t taken = 0;
        if (BIO_write_ex(from_server_, received.data(), received.size(), &taken) != 1) throw std::bad_alloc();
    }

    void feed_end() override {
        ended_ = true;
        BIO_set_mem_eof_return(from_server_, 0);
    }

  private:
    // Called by OpenSSL: nothing may be thrown through it. 0: it keeps its own.
    static int keep_session(SSL* ssl, SSL_SESSION* session) {
        try {
            const auto* stream = static_cast<const TlsStream*>(SSL_get_ex_data(ssl, 0));
            TlsSessions::of_this_run().keep(stream->session_key_, session);
        } catch (const std::exception&) {
            return 0;  // the next connection makes a whole handshake
        }
        return 0;
    }

    // True at a proper end, false if more bytes are needed.
    bool why_nothing_was_read() {
        switch (SSL_get_error(ssl_.get(), 0)) {
            case SSL_ERROR_WANT_READ:
                return false;
            case SSL_ERROR_ZERO_RETURN:
                return true;
            default:
                break;
        }
        // RFC 8446 §6.1: an end without close_notify may be an attacker's cut.
        if (ended_)
            throw Error(Severity::folder_retry, ErrorCode::tls,
                        "The TLS connection was truncated: it ended without close_notify");
        throw_failure("receiving");
    }

    [[noreturn]] static void throw_failure(const char* doing) {
        throw Error(Severity::repository, ErrorCode::tls,
                    std::string("TLS failed while ") + doing + ": " + take_ssl_error("unknown reason"));
    }

    void collect_outgoing() {
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(to_server_, &bytes);
        if (size <= 0) return;
        outgoing().append(bytes, static_cast<std::size_t>(size));
        BIO_reset(to_server_);
    }

    // What the kernel takes now; whether it arrives does not matter any more.
    void send_quietly() noexcept {
        try {
            move_encoded(Direction::send, false, milliseconds(0), {});
        } catch (const std::exception&) {
            outgoing().clear();
        }
    }

    SslContext context_;
    Ssl ssl_;
    std::string session_key_;
    BIO* from_server_;  // both owned by ssl_
    BIO* to_server_;
    bool established_ = false;
    bool ended_ = false;
    bool closed_ = false;
};

struct Purpose {
    const Endpoint& endpoint;
    const std::string& repository;
};

[[noreturn]] void throw_tls(const Purpose& purpose, const std::string& detail) {
    throw Error(Severity::repository, ErrorCode::tls,
                tls_failure_sentence(purpose.endpoint, purpose.repository, detail));
}

// Bytes in front of the handshake come from somebody who can write into the plain connection: they must not
// count as the server's later words (CVE-2011-0411 and its like).
void require_no_unread_input(Stream& plain, const Purpose& purpose, const std::stop_token& stop) {
    char byte = 0;
    const auto early = plain.read_until({&byte, 1}, Deadline::at(Deadline::Clock::now()), stop);
    if (!early) return;
    throw_tls(purpose, early->read > 0 ? "unexpected plain text before the TLS handshake"
                                       : "the server closed the connection before the TLS handshake");
}

milliseconds remaining(const Deadline& deadline) {
    return std::chrono::ceil<milliseconds>(
        std::min<Deadline::Clock::duration>(deadline.remaining(), std::chrono::hours(24)));
}

void run_handshake(TlsStream& stream, const CertificateVerification& verification, const Purpose& purpose,
                   const Deadline& deadline, const std::stop_token& stop) {
    std::string reason;
    // The limit is for the whole handshake: a server that sends a byte now and then does not prolong it.
    while (!deadline.expired()) {
        switch (stream.handshake(remaining(deadline), stop, reason)) {
            case TlsStream::Handshake::done:
                return;
            case TlsStream::Handshake::going_on:
                break;
            case TlsStream::Handshake::failed:
                if (verification.refusal()) throw Error(*verification.refusal());
                throw_tls(purpose, reason);
        }
    }
    throw Error(Severity::folder_retry, ErrorCode::timeout, "the TLS handshake took too long");
}

// A session whose certificate would be refused by now is not offered: the server may have a better one.
void offer_session(TlsStream& stream, CertificateVerification& verification) {
    const SslSession session = TlsSessions::of_this_run().take(stream.session_key());
    if (!session) return;
    const bool usable = SSL_set_session(stream.ssl(), session.get()) == 1 &&
                        SSL_get_verify_result(stream.ssl()) == X509_V_OK &&
                        verification.would_accept_session(stream.ssl());
    if (!usable) SSL_set_session(stream.ssl(), nullptr);
    ERR_clear_error();
}

// The handshake of a resumed session asks nobody about the certificate.
void check_resumed_session(TlsStream& stream, CertificateVerification& verification, const Purpose& purpose) {
    if (SSL_session_reused(stream.ssl()) == 0) return;
    if (SSL_get_verify_result(stream.ssl()) == X509_V_OK && verification.accepts_session(stream.ssl()))
        return;
    if (verification.refusal()) throw Error(*verification.refusal());
    throw_tls(purpose, "the certificate of the resumed session is not accepted");
}

// An error of the connection below belongs to the handshake.
void handshake_or_throw(TlsStream& stream, const CertificateVerification& verification,
                        const Purpose& purpose, milliseconds limit, const std::stop_token& stop) {
    try {
        run_handshake(stream, verification, purpose, Deadline::after(limit), stop);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::timeout)
            std::throw_with_nested(Error(Severity::repository, ErrorCode::timeout,
                                         "Could not connect to remote server '" + purpose.endpoint.host +
                                             "' for repository '" + purpose.repository +
                                             "'. Remote does not answer."));
        if (error.code() == ErrorCode::network)
            std::throw_with_nested(
                Error(Severity::repository, ErrorCode::tls,
                      tls_failure_sentence(purpose.endpoint, purpose.repository, error.what())));
        throw;
    }
}

}  // namespace

// NOLINTBEGIN(performance-unnecessary-value-param): stop tokens go by value everywhere, as in std::jthread
std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream> plain, const TlsSettings& settings,
                                  const Endpoint& endpoint, const std::string& repository, milliseconds limit,
                                  std::stop_token stop) {
    // NOLINTEND(performance-unnecessary-value-param)
    const Purpose purpose{endpoint, repository};
    SslContext context = make_tls_context(settings, repository);
    require_no_unread_input(*plain, purpose, stop);
    auto stream = std::make_unique<TlsStream>(std::move(plain), std::move(context),
                                              session_key(settings, endpoint, repository));
    CertificateVerification verification(settings, endpoint, repository);
    verification.attach(stream->ssl());
    offer_session(*stream, verification);
    try {
        handshake_or_throw(*stream, verification, purpose, limit, stop);
        check_resumed_session(*stream, verification, purpose);
    } catch (const Error&) {
        // Whatever it was, the next attempt begins from nothing.
        TlsSessions::of_this_run().forget(stream->session_key());
        throw;
    }
    return stream;
}

}  // namespace offlineimap::net
