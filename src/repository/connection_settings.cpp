#include "connection_settings.hpp"

#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/client/credentials.hpp"
#include "offlineimap/client/secret_command.hpp"
#include "offlineimap/client/transport.hpp"
#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/python/keyring.hpp"

#include "oauth2_sources.hpp"

namespace offlineimap::repository {

namespace {

// `socktimeout = 0` means no limit to the original; here every wait has one.
constexpr std::chrono::seconds kDefaultLimit{60};

[[noreturn]] void fail(const std::string& text) {
    throw base::Error(base::Severity::repository, base::ErrorCode::configuration, text);
}

bool has_tunnel(const config::ImapOptions& imap) {
    return !imap.preauthtunnel.empty() || !imap.transporttunnel.empty();
}

std::string host_of(const config::Repository& options, python::Interpreter& interpreter) {
    const auto& imap = options.imap();
    std::optional<std::string> host = imap.remotehost;
    if (imap.remotehosteval) host = interpreter.evaluate_text(*imap.remotehosteval, python::Names::plain);
    if (host && !host->empty()) return *host;
    if (has_tunnel(imap)) return "";
    fail("No remote host for repository '" + options.name + "' specified.");
}

std::uint16_t port_of(const config::Repository& options, python::Interpreter& interpreter) {
    static constexpr std::uint16_t kImaps = 993;
    static constexpr std::uint16_t kImap = 143;
    const auto& imap = options.imap();
    const std::uint16_t default_port = imap.ssl ? kImaps : kImap;
    if (!imap.remoteporteval) return imap.remoteport.value_or(default_port);
    // None is the default port, not `remoteport`, as in the original.
    const auto port =
        interpreter.evaluate_integer(*imap.remoteporteval, python::Names::plain).value_or(default_port);
    if (port < 1 || port > 65535) {
        fail("Repository " + options.name + ": remoteporteval gave " + std::to_string(port) +
             ", which is no port number");
    }
    return static_cast<std::uint16_t>(port);
}

// Differs from OfflineIMAP: without TLS from the start, STARTTLS is required unless `starttls = no` is
// written; the original goes on in clear text when the server does not offer it (CVE-2020-37248). A server on
// this very machine is reached in clear unless `starttls = yes` is written.
client::TlsMode tls_mode_of(const config::ImapOptions& imap, bool on_this_machine) {
    if (!imap.preauthtunnel.empty()) return client::TlsMode::none;
    if (!imap.transporttunnel.empty()) {
        return !imap.ssl && imap.starttls.value_or(true) ? client::TlsMode::starttls_if_offered
                                                         : client::TlsMode::none;
    }
    if (imap.ssl) return client::TlsMode::implicit;
    if (imap.starttls == false) return client::TlsMode::none;
    if (!imap.starttls && on_this_machine) return client::TlsMode::starttls_if_offered;
    return client::TlsMode::starttls_required;
}

net::TlsSettings tls_settings_of(const config::Repository& options, const std::string& host) {
    const auto& imap = options.imap();
    if (imap.tls_level != "tls_compat" && imap.ssl && imap.ssl_version.empty()) {
        fail("Repository " + options.name +
             ": When 'tls_level' is not 'tls_compat' the 'ssl_version' must be set explicitly.");
    }
    net::TlsSettings tls;
    tls.server_name = host;
    tls.fingerprints = imap.cert_fingerprints;
    // As in the original, a fingerprint alone decides; with a CA file both must hold. With neither, the
    // system's CAs do (differs from OfflineIMAP, which refuses).
    tls.verify_chain = imap.sslcacertfile.has_value() || imap.cert_fingerprints.empty();
    if (imap.sslcacertfile) {
        tls.ca_file = *imap.sslcacertfile == "OS-DEFAULT" ? client::default_ca_file() : *imap.sslcacertfile;
    }
    if (imap.sslclientcert) tls.client_certificate = imap.sslclientcert->string();
    if (imap.sslclientkey) tls.client_key = imap.sslclientkey->string();
    tls.ssl_version = imap.ssl_version;
    return tls;
}

net::Family family_of(config::AddressFamily family) {
    switch (family) {
        case config::AddressFamily::any:
            return net::Family::any;
        case config::AddressFamily::ipv4:
            return net::Family::ipv4;
        case config::AddressFamily::ipv6:
            return net::Family::ipv6;
    }
    return net::Family::any;
}

std::vector<std::string> mechanisms_of(const config::ImapOptions& imap, const Surroundings& surroundings) {
    if (imap.auth_mechanisms) return *imap.auth_mechanisms;
    std::vector<std::string> mechanisms(config::kAuthMechanisms.begin(), config::kAuthMechanisms.end());
    // The Kerberos library asks its KDC directly. Who wants a proxy did not ask for that.
    if (surroundings.account.proxy) std::erase(mechanisms, "GSSAPI");
    return mechanisms;
}

// A keyring that fails costs a line, never the login: there may be a person to ask, and the password may be
// right all the same.
void add_keyring(client::CredentialSources& sources, const Surroundings& surroundings) {
    const events::Reporter reporter(surroundings.sink, "Account sync " + surroundings.account.name);
    if (!surroundings.general.ignore_keyring) {
        sources.read_keyring = [reporter](const std::string& service, const std::string& user) {
            auto found = python::read_keyring(service, user);
            if (found) return *std::move(found);
            reporter(events::WarningGiven{"The keyring gave no password for '" + base::printable(user) +
                                          "': " + found.error()});
            return std::optional<base::Secret>();
        };
    }
    if (!surroundings.general.update_keyring || surroundings.general.dry_run) return;
    sources.store_in_keyring = [reporter](const std::string& service, const std::string& user,
                                          const base::Secret& password) {
        if (const auto failure = python::store_in_keyring(service, user, password)) {
            reporter(events::WarningGiven{"The password of '" + base::printable(user) +
                                          "' could not be stored in the keyring: " + *failure});
        }
    };
}

}  // namespace

std::optional<std::string> user_of(const config::ImapOptions& imap, python::Interpreter& interpreter) {
    if (imap.remoteusereval) return interpreter.evaluate_credential(*imap.remoteusereval, "a user name");
    return imap.remoteuser;
}

client::ConnectionSettings connection_settings(const config::Repository& options,
                                               const Surroundings& surroundings) {
    const auto& imap = options.imap();
    if (!imap.preauthtunnel.empty() && !imap.transporttunnel.empty()) {
        fail(options.name +
             ": you must enable precisely one type of tunnel (preauth or transport), not both");
    }
    const std::string host = host_of(options, surroundings.interpreter);
    client::ConnectionSettings settings;
    settings.repository = options.name;
    // Behind a proxy, localhost is the proxy's machine.
    const bool on_this_machine = !surroundings.account.proxy && client::is_loopback(host);
    settings.endpoint = {host, port_of(options, surroundings.interpreter), family_of(imap.family)};
    settings.tls_mode = tls_mode_of(imap, on_this_machine);
    settings.tls = tls_settings_of(options, host);
    settings.proxy = surroundings.account.proxy;
    settings.preauth_tunnel = imap.preauthtunnel;
    settings.transport_tunnel = imap.transporttunnel;
    settings.allow_clear_passwords =
        has_tunnel(imap) || imap.starttls == false || (!imap.starttls && on_this_machine);
    settings.auth_mechanisms = mechanisms_of(imap, surroundings);
    settings.mechanisms_are_written = imap.auth_mechanisms.has_value();
    settings.compress = imap.usecompression;
    settings.limit =
        surroundings.general.socket_timeout.count() > 0 ? surroundings.general.socket_timeout : kDefaultLimit;
    settings.client_version = surroundings.version;
    return settings;
}

std::unique_ptr<client::Credentials> credentials_for(const config::Repository& options,
                                                     const Surroundings& surroundings,
                                                     const client::ConnectionSettings& settings,
                                                     const std::stop_token& stop) {
    const auto& imap = options.imap();
    client::CredentialSources sources;
    sources.account = surroundings.account.name;
    sources.repository = options.name;
    sources.host = settings.endpoint.host;
    sources.user = user_of(imap, surroundings.interpreter);
    sources.identity = imap.remote_identity;
    if (imap.remotepasseval) {
        sources.evaluate_password = [&interpreter = surroundings.interpreter,
                                     expression = *imap.remotepasseval] {
            return base::Secret(interpreter.evaluate_credential(expression, "a password"));
        };
    }
    sources.remotepass = imap.remotepass;
    sources.remotepassfile = imap.remotepassfile;
    if (imap.remotepasscmd) {
        sources.run_password_command = [command = client::SecretCommand{.command = *imap.remotepasscmd,
                                                                        .option = "remotepasscmd",
                                                                        .repository = options.name,
                                                                        .limit = settings.limit},
                                        stop] { return client::run_secret_command(command, stop); };
    }
    sources.bearer_tokens = bearer_tokens(options, surroundings, settings);
    sources.user_netrc = std::filesystem::path(surroundings.paths.home) / ".netrc";
    add_keyring(sources, surroundings);
    return client::make_credentials(std::move(sources), surroundings.sink);
}

}  // namespace offlineimap::repository
