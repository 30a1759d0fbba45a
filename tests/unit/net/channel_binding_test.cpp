#include "../../../src/net/channel_binding.hpp"

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "net_fixture.hpp"
#include "support/certificates.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

namespace offlineimap::net {
namespace {

constexpr const char* kHost = "imap.example.org";

using Bindings = std::map<std::string, std::string>;

class ChannelBindings : public testing::Test {
  protected:
    // What the client has on a connection of this version, and what of it the server has.
    struct Both {
        Bindings client;
        Bindings server;
    };
    Both bindings(const std::string& version, bool extended_master_secret = true, bool compressed = false) {
        Both both;
        {
            const support::LoopbackServer server([&](support::ServerConnection& plain) {
                support::TlsServerConnection tls(plain, {.certificate = certificate_,
                                                         .version = version,
                                                         .client_ca = {},
                                                         .extended_master_secret = extended_master_secret});
                if (!tls.succeeded()) return;
                for (const std::string type : {"tls-exporter", "tls-unique", "tls-server-end-point"})
                    both.server[type] = tls.channel_binding(type);
                tls.send("x");
                tls.receive(1);
            });
            const TlsSettings settings{.server_name = kHost, .ca_file = ca_.file().string()};
            auto stream = start_tls(connect_to(server.port()), settings,
                                    {.host = kHost, .port = server.port()}, "Remote", kPatience, {});
            receive_exactly(*stream, 1);
            if (compressed) stream = start_deflate(std::move(stream), "");
            for (const auto& [name, type] : kTypes) {
                const auto data = stream->channel_binding(type);
                if (!data.empty()) both.client[name] = data;
            }
            stream->close();
        }
        return both;
    }

    inline static const std::map<std::string, ChannelBinding> kTypes = {
        {"tls-exporter", ChannelBinding::tls_exporter},
        {"tls-unique", ChannelBinding::tls_unique},
        {"tls-server-end-point", ChannelBinding::tls_server_end_point}};
    support::TemporaryDirectory directory_;
    support::CertificateAuthority ca_{directory_.path(), "ca"};
    support::CertificateFiles certificate_ =
        ca_.issue("server", {.common_name = kHost, .dns_names = {kHost}, .addresses = {}});
};

// RFC 9266: tls-unique is not defined for TLS 1.3.
TEST_F(ChannelBindings, OfTls13AreTheExporterAndTheCertificate) {
    const auto both = bindings("TLSv1.3");
    EXPECT_EQ(both.client, (Bindings{{"tls-exporter", both.server.at("tls-exporter")},
                                     {"tls-server-end-point", both.server.at("tls-server-end-point")}}));
    EXPECT_EQ(both.client.at("tls-exporter").size(), 32U);
    EXPECT_NE(bindings("TLSv1.3").client.at("tls-exporter"), both.client.at("tls-exporter"));
}

TEST_F(ChannelBindings, OfTls12AreTheFinishedMessageAndTheCertificate) {
    const auto both = bindings("TLSv1.2");
    EXPECT_EQ(both.client, (Bindings{{"tls-unique", both.server.at("tls-unique")},
                                     {"tls-server-end-point", both.server.at("tls-server-end-point")}}));
    EXPECT_EQ(both.client.at("tls-unique").size(), 12U);
}

// Two ends in memory, which have made their handshake. `resumed`: the session to resume; the server's context
// is that of its first connection then.
class Pair {
  public:
    Pair(SSL_CTX* server_context, SSL_SESSION* resumed)
        : client_context_(SSL_CTX_new(TLS_client_method())),
          client_(SSL_new(client_context_.get())),
          server_(SSL_new(server_context)) {
        SSL_set_max_proto_version(client_.get(), TLS1_2_VERSION);
        if (resumed != nullptr) SSL_set_session(client_.get(), resumed);
        BIO* to_client = nullptr;
        BIO* to_server = nullptr;
        BIO_new_bio_pair(&to_client, 0, &to_server, 0);
        SSL_set_bio(client_.get(), to_client, to_client);
        SSL_set_bio(server_.get(), to_server, to_server);
        SSL_set_connect_state(client_.get());
        SSL_set_accept_state(server_.get());
        for (int i = 0; i < 10; ++i) {
            SSL_do_handshake(client_.get());
            SSL_do_handshake(server_.get());
        }
        EXPECT_EQ(SSL_is_init_finished(client_.get()), 1);
    }
    SSL* client() { return client_.get(); }
    std::string finished_of_server() {
        std::string bytes(64, '\0');
        bytes.resize(SSL_get_finished(server_.get(), bytes.data(), bytes.size()));
        return bytes;
    }

  private:
    SslContext client_context_;
    Ssl client_;
    Ssl server_;
};

// RFC 5929 §3.1: the first Finished message is the server's then.
TEST_F(ChannelBindings, OfAResumedSessionAreTheServersFinishedMessage) {
    const SslContext context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_chain_file(context.get(), certificate_.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), certificate_.key.c_str(), SSL_FILETYPE_PEM);
    Pair first(context.get(), nullptr);
    EXPECT_NE(channel_binding_of(first.client(), ChannelBinding::tls_unique), first.finished_of_server());
    const std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>> session(SSL_get1_session(first.client()));
    Pair second(context.get(), session.get());
    EXPECT_EQ(SSL_session_reused(second.client()), 1);
    EXPECT_EQ(channel_binding_of(second.client(), ChannelBinding::tls_unique), second.finished_of_server());
}

// RFC 7627 §1: somebody in the middle can give two connections the same one.
TEST_F(ChannelBindings, WithoutAnExtendedMasterSecretAreNoFinishedMessage) {
    const auto both = bindings("TLSv1.2", false);
    EXPECT_EQ(both.client, (Bindings{{"tls-server-end-point", both.server.at("tls-server-end-point")}}));
}

TEST_F(ChannelBindings, AreThereThroughCompressionToo) {
    const auto both = bindings("TLSv1.3", true, true);
    EXPECT_EQ(both.client.at("tls-exporter"), both.server.at("tls-exporter"));
}

TEST_F(ChannelBindings, NeedTls) {
    const support::LoopbackServer server([](support::ServerConnection& plain) { plain.receive(1); });
    const auto stream = connect_to(server.port());
    for (const auto& [name, type] : kTypes) EXPECT_EQ(stream->channel_binding(type), "") << name;
    stream->close();
}

}  // namespace
}  // namespace offlineimap::net
