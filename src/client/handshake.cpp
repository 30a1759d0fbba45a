#include "handshake.hpp"

#include <array>
#include <utility>

#include "offlineimap/base/text.hpp"

#include "authentication.hpp"

namespace offlineimap::client {
namespace {

using base::Error;
using base::ErrorCode;
using base::Severity;
using imap::Condition;
using StreamChange = imap::Session::StreamChange;

bool has_tunnel(const ConnectionSettings& settings) {
    return !settings.preauth_tunnel.empty() || !settings.transport_tunnel.empty();
}

class Handshake {
  public:
    Handshake(std::unique_ptr<net::Stream> stream, const ConnectionSettings& settings,
              Credentials& credentials, const events::Reporter& reporter, std::stop_token stop)
        : settings_(settings), credentials_(credentials), stop_(std::move(stop)) {
        auto peer = "server '" + server_name(settings) + "' of repository '" + settings.repository + "'";
        driver_ = std::make_unique<Driver>(std::move(stream), std::move(peer), settings.limit, reporter);
    }

    Established run() {
        auto greeting = await_greeting();
        if (!greeting.preauthenticated) {
            learn_capabilities();
            start_tls_if_wanted();
            require_imap4();
            authenticate(*driver_, settings_, credentials_, stop_);
        }
        driver_->enter(Driver::Phase::settling);
        identify_and_learn_capabilities();
        require_imap4();
        const auto utf8 = enable_what_is_required();
        compress_if_wanted();
        driver_->enter(Driver::Phase::working);
        return Established{std::move(driver_), std::move(greeting.line), utf8};
    }

  private:
    static std::string line_of(const imap::Status& greeting) {
        std::string line = greeting.condition == Condition::preauth ? "* PREAUTH " : "* OK ";
        if (greeting.code) {
            const auto& [name, argument] = *greeting.code;
            line += "[" + name + (argument.empty() ? "] " : " " + argument + "] ");
        }
        return line + greeting.text;
    }

    struct Greeting {
        std::string line;
        bool preauthenticated;
    };

    Greeting await_greeting() {
        auto event = driver_->next_event(stop_);
        const auto& status = std::get<imap::Greeted>(event).status;
        const bool preauthenticated = status.condition == Condition::preauth;
        if (preauthenticated && !driver_->stream().is_encrypted() && !has_tunnel(settings_)) {
            // Whoever is on the line could have said so to keep us from TLS (CVE-2020-14093, CVE-2020-12398).
            throw refused(ErrorCode::tls, "the " + server() + " says PREAUTH on a connection without TLS; " +
                                              "nothing was sent.");
        }
        if (!preauthenticated && !settings_.preauth_tunnel.empty()) {
            throw refused(ErrorCode::authentication,
                          "the preauthtunnel's server asks for a login (no PREAUTH greeting): " +
                              base::printable(status.text));
        }
        return Greeting{line_of(status), preauthenticated};
    }

    void learn_capabilities() {
        if (!session().knows_capabilities()) driver_->run(imap::capability_command(), stop_);
    }

    void start_tls_if_wanted() {
        const bool wanted = settings_.tls_mode == TlsMode::starttls_required ||
                            settings_.tls_mode == TlsMode::starttls_if_offered;
        if (!wanted || driver_->stream().is_encrypted()) return;
        if (session().has("STARTTLS")) return start_tls();
        if (settings_.tls_mode == TlsMode::starttls_if_offered) return;
        throw refused(ErrorCode::tls,
                      "the " + server() + " does not offer STARTTLS; nothing was sent. " +
                          "Use 'ssl = yes' if it speaks TLS on another port, or, to log in without "
                          "encryption all the same, write 'starttls = no' in [Repository " +
                          settings_.repository + "].");
    }

    void start_tls() {
        const auto status = driver_->run(imap::starttls_command(), stop_);
        if (status.condition != Condition::ok) {
            throw refused(ErrorCode::tls, "Failed to start TLS connection: " + base::printable(status.text));
        }
        // Whatever stands behind the OK was put there by somebody without TLS (CVE-2011-0411 and its kin).
        if (!session().take_unread().empty()) {
            throw refused(ErrorCode::tls, "the " + server() +
                                              " sent data before the TLS handshake that belong "
                                              "into it; nothing was sent.");
        }
        driver_->change_stream(StreamChange::tls, [this](std::unique_ptr<net::Stream> plain) {
            return net::start_tls(std::move(plain), settings_.tls, settings_.endpoint, settings_.repository,
                                  settings_.limit, stop_);
        });
        learn_capabilities();
    }

    // One round trip, or none: what the login's answer told is not asked for again, and nobody waits for ID.
    void identify_and_learn_capabilities() {
        if (session().has("ID")) {
            const std::array<std::pair<std::string, std::string>, 2> fields = {
                {{"name", "OfflineIMAP"}, {"version", settings_.client_version}}};
            session().enqueue(imap::id_command(fields));
        }
        learn_capabilities();
    }

    void require_imap4() const {
        const auto& known = std::as_const(*driver_).session();
        if (known.has("IMAP4REV1") || known.has("IMAP4REV2") || known.has("IMAP4")) return;
        throw refused(ErrorCode::protocol,
                      "the " + server() + " is no IMAP4 server; its capabilities: " +
                          base::printable(known.without_echoes(base::join(known.capabilities(), " "))));
    }

    // Nothing is enabled that need not be: names and answers would change their form.
    Utf8 enable_what_is_required() {
        if (session().has("UTF8=ONLY")) {
            // RFC 6855 §6: such a server may refuse every command about mailboxes before.
            const auto status = driver_->run(imap::enable_command("UTF8=ACCEPT"), stop_);
            if (status.condition == Condition::ok && session().has_enabled("UTF8=ACCEPT"))
                return {.names = true, .headers = true};
            throw refused(ErrorCode::protocol, "the " + server() +
                                                   " speaks UTF-8 only and does not enable UTF8=ACCEPT: " +
                                                   base::printable(status.text));
        }
        if (!session().is_rev2_only()) return {};
        // RFC 9051 §5.1: there is no modified UTF-7 in IMAP4rev2, whatever the answer is.
        driver_->run(imap::enable_command("IMAP4rev2"), stop_);
        return {.names = true, .headers = false};
    }

    void compress_if_wanted() {
        if (!settings_.compress || !session().has("COMPRESS=DEFLATE")) return;
        const auto status = driver_->run(imap::compress_command(), stop_);
        if (status.condition != Condition::ok) {
            driver_->reporter()(events::WarningGiven{
                "The " + server() + " refused compression: " + base::printable(status.text)});
            return;
        }
        auto unread = session().take_unread();
        driver_->change_stream(StreamChange::compression, [&unread](std::unique_ptr<net::Stream> inner) {
            return net::start_deflate(std::move(inner), std::move(unread));
        });
    }

    imap::Session& session() noexcept { return driver_->session(); }
    std::string server() const { return "server '" + server_name(settings_) + "'"; }
    Error refused(ErrorCode code, const std::string& what) const {
        return Error(Severity::repository, code, "Repository " + settings_.repository + ": " + what);
    }

    const ConnectionSettings& settings_;
    Credentials& credentials_;
    std::stop_token stop_;
    std::unique_ptr<Driver> driver_;
};

}  // namespace

std::string server_name(const ConnectionSettings& settings) {
    if (!settings.preauth_tunnel.empty()) return "tunnel:" + settings.preauth_tunnel;
    if (!settings.transport_tunnel.empty()) return "tunnel:" + settings.transport_tunnel;
    return settings.endpoint.host;
}

std::unique_ptr<net::Stream> open_stream(const ConnectionSettings& settings, std::stop_token stop) {
    if (!settings.preauth_tunnel.empty())
        return net::open_tunnel(settings.preauth_tunnel, settings.repository);
    if (!settings.transport_tunnel.empty()) {
        return net::open_tunnel(settings.transport_tunnel, settings.repository);
    }
    auto stream = settings.proxy
                      ? net::connect_through(*settings.proxy, settings.endpoint, settings.repository,
                                             settings.limit, stop)
                      : net::connect_tcp(settings.endpoint, settings.repository, settings.limit, stop);
    if (settings.tls_mode != TlsMode::implicit) return stream;
    return net::start_tls(std::move(stream), settings.tls, settings.endpoint, settings.repository,
                          settings.limit, std::move(stop));
}

Established establish(std::unique_ptr<net::Stream> stream, const ConnectionSettings& settings,
                      Credentials& credentials, const events::Reporter& reporter, std::stop_token stop) {
    return Handshake(std::move(stream), settings, credentials, reporter, std::move(stop)).run();
}

}  // namespace offlineimap::client
