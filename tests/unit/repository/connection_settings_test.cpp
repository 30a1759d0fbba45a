// From options to a connection's settings: which TLS, and when a password may go out in the clear.
#include "../../../src/repository/connection_settings.hpp"

#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/repository/repository.hpp"

namespace offlineimap::repository {
namespace {

using client::TlsMode;

class Nobody final : public events::Sink {
  public:
    void report(const events::Record&) override {}
    bool wants(events::DebugType) const noexcept override { return false; }
    bool can_ask_password() const noexcept override { return false; }
    std::optional<std::string> ask_password(const events::PasswordRequest&) override { return std::nullopt; }
};

class Settings {
  public:
    Settings() {
        imap.remotehost = "imap.example.org";
        imap.remoteuser = "user";
    }
    client::ConnectionSettings read() {
        config::Repository options;
        options.name = "Remote";
        options.kind = imap;
        return connection_settings(options, {general_, account, paths_, interpreter_, sink_, "9.0"});
    }

    config::ImapOptions imap;
    config::Account account;

  private:
    config::General general_;
    config::Surroundings paths_;
    python::Interpreter interpreter_{std::nullopt};
    Nobody sink_;
};

enum class Tunnel { none, transport, preauth };
constexpr auto kImplicit = TlsMode::implicit;
constexpr auto kRequired = TlsMode::starttls_required;
constexpr auto kIfOffered = TlsMode::starttls_if_offered;
constexpr auto kNone = TlsMode::none;
constexpr std::optional<bool> kUnset;

struct PolicyCase {
    Tunnel tunnel;
    bool ssl;
    std::optional<bool> starttls;
    TlsMode remote;        // to a host elsewhere
    bool remote_in_clear;  // whether a password may go out without TLS
    TlsMode this_machine;  // to a loopback address
    bool this_machine_in_clear;
};

// Every combination of the options that decide.
constexpr PolicyCase kPolicy[] = {
    {Tunnel::none, true, kUnset, kImplicit, false, kImplicit, true},
    {Tunnel::none, true, true, kImplicit, false, kImplicit, false},
    {Tunnel::none, true, false, kImplicit, true, kImplicit, true},
    {Tunnel::none, false, kUnset, kRequired, false, kIfOffered, true},
    {Tunnel::none, false, true, kRequired, false, kRequired, false},
    {Tunnel::none, false, false, kNone, true, kNone, true},
    {Tunnel::transport, true, kUnset, kNone, true, kNone, true},
    {Tunnel::transport, true, true, kNone, true, kNone, true},
    {Tunnel::transport, true, false, kNone, true, kNone, true},
    {Tunnel::transport, false, kUnset, kIfOffered, true, kIfOffered, true},
    {Tunnel::transport, false, true, kIfOffered, true, kIfOffered, true},
    {Tunnel::transport, false, false, kNone, true, kNone, true},
    {Tunnel::preauth, true, kUnset, kNone, true, kNone, true},
    {Tunnel::preauth, true, true, kNone, true, kNone, true},
    {Tunnel::preauth, true, false, kNone, true, kNone, true},
    {Tunnel::preauth, false, kUnset, kNone, true, kNone, true},
    {Tunnel::preauth, false, true, kNone, true, kNone, true},
    {Tunnel::preauth, false, false, kNone, true, kNone, true},
};

std::string described(const PolicyCase& policy, const char* host) {
    return "tunnel " + std::to_string(static_cast<int>(policy.tunnel)) + ", ssl " +
           (policy.ssl ? "yes" : "no") + ", starttls " +
           (policy.starttls ? *policy.starttls ? "yes" : "no" : "not written") + ", host " + host;
}

client::ConnectionSettings settings_of(const PolicyCase& policy, const char* host,
                                       const std::optional<base::Proxy>& proxy = {}) {
    Settings settings;
    settings.account.proxy = proxy;
    settings.imap.remotehost = host;
    settings.imap.ssl = policy.ssl;
    settings.imap.starttls = policy.starttls;
    if (policy.tunnel == Tunnel::transport) settings.imap.transporttunnel = "ssh host imapd";
    if (policy.tunnel == Tunnel::preauth) settings.imap.preauthtunnel = "ssh host imapd";
    return settings.read();
}

TEST(TlsPolicy, FollowsTheTableForEveryCombination) {
    for (const auto& policy : kPolicy) {
        for (const char* host : {"imap.example.org", "192.0.2.1", "128.0.0.1", "localhost.example.org"}) {
            const auto read = settings_of(policy, host);
            EXPECT_EQ(read.tls_mode, policy.remote) << described(policy, host);
            EXPECT_EQ(read.allow_clear_passwords, policy.remote_in_clear) << described(policy, host);
        }
        for (const char* host : {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1"}) {
            const auto read = settings_of(policy, host);
            EXPECT_EQ(read.tls_mode, policy.this_machine) << described(policy, host);
            EXPECT_EQ(read.allow_clear_passwords, policy.this_machine_in_clear) << described(policy, host);
        }
    }
}

TEST(TlsPolicy, TakesLocalhostBehindAProxyForAnotherMachine) {
    for (const auto& policy : kPolicy) {
        const auto read = settings_of(
            policy, "localhost", base::Proxy{.type = {}, .host = "proxy.example", .port = 1, .user = {}});
        EXPECT_EQ(read.tls_mode, policy.remote) << described(policy, "localhost");
        EXPECT_EQ(read.allow_clear_passwords, policy.remote_in_clear) << described(policy, "localhost");
        ASSERT_TRUE(read.proxy);
        EXPECT_EQ(read.proxy->host, "proxy.example");
    }
}

TEST(Verification, IsByTheSystemsAuthoritiesUnlessSomethingIsConfigured) {
    const auto tls = Settings().read().tls;
    EXPECT_EQ(tls.ca_file, std::nullopt);
    EXPECT_TRUE(tls.verify_chain);
    EXPECT_EQ(tls.server_name, "imap.example.org");
    EXPECT_EQ(tls.ssl_version, "");
}

TEST(Verification, IsByTheFingerprintAloneUnlessThereIsACaFileToo) {
    Settings settings;
    settings.imap.cert_fingerprints = {"aabb", "ccdd"};
    EXPECT_FALSE(settings.read().tls.verify_chain);
    EXPECT_EQ(settings.read().tls.fingerprints, settings.imap.cert_fingerprints);
    settings.imap.sslcacertfile = "/ca.pem";
    EXPECT_TRUE(settings.read().tls.verify_chain);
    EXPECT_EQ(settings.read().tls.ca_file, "/ca.pem");
    settings.imap.cert_fingerprints.clear();
    EXPECT_TRUE(settings.read().tls.verify_chain);
}

TEST(Verification, TakesTheSystemsFileForOsDefault) {
    Settings settings;
    settings.imap.sslcacertfile = "OS-DEFAULT";
    const auto file = settings.read().tls.ca_file;
    ASSERT_TRUE(file);
    EXPECT_TRUE(std::filesystem::is_regular_file(*file)) << *file;
}

TEST(Verification, ShowsTheClientCertificateWithStartTlsToo) {
    Settings settings;
    settings.imap.sslclientcert = "/client.pem";
    settings.imap.sslclientkey = "/client.key";
    for (const bool ssl : {true, false}) {
        settings.imap.ssl = ssl;
        EXPECT_EQ(settings.read().tls.client_certificate, "/client.pem");
        EXPECT_EQ(settings.read().tls.client_key, "/client.key");
    }
}

}  // namespace
}  // namespace offlineimap::repository
