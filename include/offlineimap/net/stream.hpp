// A byte stream to a server: TCP, TLS over it, or a tunnel command's standard input and output. Blocking for
// its one owner thread, which runs the stream's own io_context until something moved, the limit passed, or a
// stop was asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/base/error.hpp"
#include "offlineimap/base/proxy.hpp"

namespace offlineimap::net {

enum class Family { any, ipv4, ipv6 };

struct Endpoint {
    std::string host;  // a name, in UTF-8 and not yet in A-labels, or an address
    std::uint16_t port;
    Family family = Family::any;
};

enum class TlsLevel { compat, no_ssl, secure };

struct TlsSettings {
    std::string server_name{};             // for SNI and the host-name check; as Endpoint::host
    std::optional<std::string> ca_file{};  // nullopt: the system's
    std::vector<std::string>
        fingerprints{};        // lower-case hex; any of SHA-1/224/256/384/512 of the DER certificate
    bool verify_chain = true;  // off only when a fingerprint alone decides
    std::optional<std::string> client_certificate{};  // PEM files
    std::optional<std::string> client_key{};
    std::string ssl_version{};  // "": TLS 1.2 or newer; "tls1_2": exactly that, …
};

// What exchange() achieved.
struct Progress {
    std::size_t written = 0;  // bytes of `out` that were accepted (also by the kernel or TLS layer)
    std::size_t read = 0;     // bytes put into `in`
    bool end_of_stream = false;
};

// RFC 9266 (TLS 1.3) and RFC 5929.
enum class ChannelBinding { tls_exporter, tls_unique, tls_server_end_point };

class Stream {
  public:
    virtual ~Stream() = default;

    // Full duplex: writes `out` and reads into `in` at the same time, and returns when any byte was read, or
    // all of `out` was written and `wait_for_input` is false, or the other side closed. So a server that
    // answers while we still send never deadlocks us. Throws Error{folder_retry, timeout} when nothing moved
    // for `no_progress_limit`, Error{folder_retry, network} on reset, Error{repository, tls} on a TLS failure
    // (a TLS end without close_notify is an error, not an end), Cancelled on stop (within one second).
    virtual Progress exchange(std::string_view out, std::span<char> in, bool wait_for_input,
                              std::chrono::milliseconds no_progress_limit, std::stop_token stop) = 0;

    // Like exchange() without output, but a limit that passes is an ordinary outcome: nullopt (IDLE waits).
    virtual std::optional<Progress> read_until(std::span<char> in, base::Deadline deadline,
                                               std::stop_token stop) = 0;

    virtual bool is_encrypted() const noexcept = 0;
    // "TLSv1.3, TLS_AES_256_GCM_SHA384"; empty without TLS.
    virtual std::string description() const = 0;
    // DER of the peer's certificate; empty without TLS.
    virtual std::string peer_certificate() const = 0;
    // Bytes that only the two ends of this very TLS connection share, so that a login which vouches for them
    // fails where somebody sits between two connections. Empty where this connection has none of that type:
    // without TLS, tls_exporter before TLS 1.3, tls_unique in it or without an extended master secret (RFC
    // 7627), tls_server_end_point for a certificate whose signature names no digest.
    virtual std::string channel_binding(ChannelBinding) const { return {}; }
    // Closes at once, without waiting for the other side.
    virtual void close() noexcept = 0;
};

// TCP: resolves with a limit, tries all addresses of the family, IPv6 and IPv4 in turn, without waiting for a
// dead one to time out (RFC 8305). Errors: Error{repository, network} with the original's text for DNS,
// refused, no answer; `repository` is named in them.
std::unique_ptr<Stream> connect_tcp(const Endpoint& endpoint, const std::string& repository,
                                    std::chrono::milliseconds limit, std::stop_token stop);

// The same through a proxy, which gets the host as a name and resolves it itself: `family` has no meaning
// then. `limit` is for all of it. Errors name the proxy and hold no password; what it answers is read only up
// to a limit.
std::unique_ptr<Stream> connect_through(const base::Proxy& proxy, const Endpoint& endpoint,
                                        const std::string& repository, std::chrono::milliseconds limit,
                                        std::stop_token stop);

// A command whose standard input and output are the stream (preauthtunnel, transporttunnel). The child is
// ended and reaped with the stream.
std::unique_ptr<Stream> open_tunnel(const std::string& command, const std::string& repository);

// TLS handshake over `plain`, which must have no unread input: bytes that came before the handshake are never
// used. TLS 1.2 or newer unless `ssl_version` says otherwise; the chain against ca_file or the system's CAs,
// the host name (RFC 9525: subjectAltName only, IP literals), expiry; fingerprints as configured.
// Error{repository, certificate} names subject, issuer, expiry, reason and the SHA-256 to pin; a fingerprint
// mismatch lists all five digests as the original does.
std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream> plain, const TlsSettings& settings,
                                  const Endpoint& endpoint, const std::string& repository,
                                  std::chrono::milliseconds limit, std::stop_token stop);

// COMPRESS=DEFLATE (RFC 4978) over `inner`: raw deflate both ways, flushed at every exchange.
std::unique_ptr<Stream> start_deflate(std::unique_ptr<Stream> inner, std::string already_read);

// The A-labels of a host name in UTF-8 (IDNA2008, RFC 5891); an ASCII name or an address stays as it is.
// Everything here does that by itself; it is for whoever else tells a server its name. Throws
// Error{repository, configuration} for a name that is none, Error{repository, unsupported} if libidn2 is
// missing.
std::string ascii_host_name(const std::string& name);

// `sslcacertfile = OS-DEFAULT`: the first existing of the places the reference lists; Error{repository,
// certificate} if none exists.
std::string default_ca_file();

// "OpenSSL 3.0.22 25 Aug 2026".
std::string tls_library_version();

}  // namespace offlineimap::net
