// The server's side of TLS over a connection of LoopbackServer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/certificates.hpp"
#include "support/loopback_server.hpp"

namespace offlineimap::support {

struct TlsServerSettings {
    CertificateFiles certificate;
    // "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3": that version only. "": the library's choice.
    std::string version;
    // A client certificate of this CA is required.
    std::optional<std::filesystem::path> client_ca;
    // 80 bytes: tickets of any connection with the same ones are resumed. "": of its own only.
    std::string ticket_keys{};
    bool extended_master_secret = true;  // RFC 7627
};

class TlsServerConnection {
  public:
    // Makes the handshake; see succeeded().
    TlsServerConnection(ServerConnection& plain, const TlsServerSettings& settings);
    TlsServerConnection(const TlsServerConnection&) = delete;
    TlsServerConnection& operator=(const TlsServerConnection&) = delete;
    ~TlsServerConnection();

    bool succeeded() const noexcept { return succeeded_; }
    bool resumed() const;
    // What the client said by SNI.
    std::string server_name() const;
    bool send(std::string_view bytes);
    std::string receive(std::size_t most);
    std::string receive_exactly(std::size_t count);
    // True if the client has sent close_notify.
    bool received_end() const;
    // Sends close_notify. Without it, closing the connection truncates it.
    void end();
    // The server's view of "tls-exporter", "tls-unique" (of a handshake that resumed nothing) or
    // "tls-server-end-point" (of a certificate signed with SHA-256).
    std::string channel_binding(const std::string& type) const;
    // Asks for a renegotiation (TLS 1.2) and reads a byte; false if the client does not go along.
    bool renegotiate();

  private:
    struct State;
    std::unique_ptr<State> state_;
    bool succeeded_ = false;
};

}  // namespace offlineimap::support
