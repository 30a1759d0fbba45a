#include "authentication.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"

#include "bearer.hpp"
#include "gssapi.hpp"
#include "sasl.hpp"
#include "scram.hpp"

namespace offlineimap::client {
namespace {

using base::Error;
using base::ErrorCode;
using base::Severity;
using imap::Condition;

// RFC 5530 §3: refusals that say nothing about the password.
bool is_about_the_server(const imap::Status& status) {
    static constexpr std::array<std::string_view, 5> kCodes = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG",
                                                               "CONTACTADMIN"};
    return std::any_of(kCodes.begin(), kCodes.end(),
                       [&](std::string_view code) { return status.has_code(code); });
}

constexpr std::string_view kNotOffered = "the server does not offer it";
constexpr std::string_view kPlusSuffix = "-PLUS";

bool is_bound(std::string_view mechanism) noexcept {
    return mechanism.ends_with(kPlusSuffix);
}

// RFC 9266 §3, RFC 5929: the types of channel binding, the one that fits the TLS version first.
constexpr std::array<std::pair<net::ChannelBinding, std::string_view>, 3> kBindings = {
    {{net::ChannelBinding::tls_exporter, "tls-exporter"},
     {net::ChannelBinding::tls_unique, "tls-unique"},
     {net::ChannelBinding::tls_server_end_point, "tls-server-end-point"}}};

// Servers take command lines of 8192 bytes (RFC 7162 §4), and more of the answer to a challenge: Kerberos
// tickets and bearer tokens may be long.
bool fits_command(const base::Secret& initial_response) noexcept {
    constexpr std::size_t kLongest = 4096;
    return initial_response.reveal().size() <= kLongest;
}

// Every connection of a run passes over the same mechanisms; one line is enough.
bool is_news(const std::string& line) {
    static std::mutex told_mutex;
    static std::set<std::string> told;
    const std::lock_guard lock(told_mutex);
    return told.insert(line).second;
}

class Login {
  public:
    Login(Driver& driver, const ConnectionSettings& settings, Credentials& credentials, std::stop_token stop)
        : driver_(driver), settings_(settings), credentials_(credentials), stop_(std::move(stop)) {}

    void run() {
        for (const auto& mechanism : settings_.auth_mechanisms) {
            if (attempt(mechanism)) return;
        }
        if (failures_.empty()) throw failed(no_mechanism());
        throw failed(all_failed());
    }

  private:
    // What the login stood on: the password may be forgotten or kept for that, a ticket or certificate not.
    enum class Proof { password, other };

    struct Outcome {
        imap::Status status;
        std::string why_not{};  // our side could not go on
    };

    // Whether the server accepted; false: on to the next mechanism.
    bool attempt(const std::string& mechanism) {
        if (mechanism == "LOGIN") return attempt_login();
        if (!is_offered(mechanism)) return pass_over(mechanism, kNotOffered);
        if (mechanism == "GSSAPI") return attempt_gssapi();
        if (is_bearer_mechanism(mechanism)) return attempt_bearer(mechanism);
        if (mechanism == "EXTERNAL") return attempt_external();
        if (mechanism == "PLAIN") return attempt_plain();
        if (mechanism.starts_with("SCRAM-")) return attempt_scram(mechanism);
        return attempt_digest(mechanism);
    }

    bool is_offered(const std::string& mechanism) const {
        return std::as_const(driver_).session().has("AUTH=" + mechanism);
    }

    // A line, unless it is one of the default order that the server does not know either.
    bool pass_over(const std::string& mechanism, std::string_view why) {
        const bool offered = why != kNotOffered;
        if (offered) passed_over_.emplace_back(mechanism, why);
        const auto line =
            "Repository " + settings_.repository + ": " + mechanism + " is passed over: " + std::string(why);
        if ((offered || settings_.mechanisms_are_written) && is_news(line))
            driver_.reporter()(events::Information{line});
        return false;
    }

    // A token that the server refuses is renewed once, if it can be.
    bool attempt_bearer(const std::string& mechanism) {
        auto* const tokens = credentials_.bearer_tokens();
        if (tokens == nullptr) return pass_over(mechanism, "there is no token (oauth2_… options)");
        if (!is_safe_for_passwords(mechanism)) return false;
        auto token = tokens->token(stop_);
        auto outcome = send_bearer(mechanism, token);
        if (outcome.status.condition == Condition::no && !is_about_the_server(outcome.status)) {
            if (auto renewed = tokens->renew(token, stop_)) {
                driver_.reporter()(events::Information{
                    "Repository " + settings_.repository + ": the server refused the access token (" +
                    base::printable(outcome.why_not) + "); trying another one"});
                token = *std::move(renewed);
                outcome = send_bearer(mechanism, token);
            }
        }
        if (outcome.status.condition == Condition::ok) tokens->accepted(token);
        outcome.status.text = outcome.why_not;
        return judge(mechanism, outcome.status, Proof::other);
    }

    // `why_not` of a refusal has the server's words and what the challenge before them said.
    Outcome send_bearer(const std::string& mechanism, const base::Secret& token) {
        if (const auto obstacle = bearer_obstacle(token); !obstacle.empty()) give_up(mechanism, obstacle);
        const auto message = bearer_message(
            mechanism, {.user = user(), .host = host(), .port = settings_.endpoint.port}, token);
        std::string told;
        int challenges = driver_.session().has("SASL-IR") && fits_command(message) ? 1 : 0;
        auto command =
            imap::authenticate_command(mechanism, challenges == 1 ? std::optional(message) : std::nullopt);
        auto status = driver_.run(std::move(command), stop_, [&](imap::Event& event) {
            const auto* challenge = std::get_if<imap::Challenge>(&event);
            if (challenge == nullptr) return;
            ++challenges;
            if (challenges == 1) return driver_.session().respond(message);
            if (challenges > 2) return driver_.session().respond(base::Secret("*"));
            told = describe_bearer_error(challenge->text, [&](std::string_view text) {
                return driver_.session().without_echoes(text);
            });
            driver_.session().respond(answer_to_bearer_error(mechanism));
        });
        return {status, status.text + (told.empty() ? "" : " (" + told + ")")};
    }

    bool attempt_gssapi() {
        if (settings_.endpoint.host.empty())
            return pass_over("GSSAPI", "it needs the server's name (remotehost)");
        auto exchange = begin_gssapi({.host = host(), .identity = who_to_be()}, settings_.limit, stop_);
        if (!exchange) return pass_over("GSSAPI", exchange.error());
        return converse("GSSAPI", **exchange, Proof::other);
    }

    // RFC 4422 appendix A: the certificate of the TLS handshake is the proof, and this says for whom.
    bool attempt_external() {
        if (!settings_.tls.client_certificate)
            return pass_over("EXTERNAL", "there is no client certificate (sslclientcert)");
        if (!driver_.stream().is_encrypted()) return pass_over("EXTERNAL", "not used without TLS");
        return judge("EXTERNAL", exchange("EXTERNAL", base::Secret(base::to_base64(who_to_be()))),
                     Proof::other);
    }

    // With a proof that has a name of its own, ours is the authorization identity: a login as somebody else
    // than the configuration says is refused. Empty if it says nothing.
    std::string who_to_be() {
        if (auto identity = credentials_.authorization_identity(); identity && !identity->empty())
            return *std::move(identity);
        auto name = credentials_.user().value_or("");
        if (!imap::can_be_sent(name))
            throw failed("The user name of '" + settings_.repository + "' holds NUL");
        return name;
    }

    // Safe on any connection, as is attempt_digest(): the password itself is never sent.
    bool attempt_scram(const std::string& mechanism) {
        if (!is_bound(mechanism)) return try_scram(mechanism, unbound(mechanism)) == Verdict::accepted;
        const auto bindings = channel_bindings();
        if (bindings.empty()) {
            return pass_over(
                mechanism,
                "this connection has nothing that the login could be bound to (TLS 1.3, or 1.2 with an "
                "extended master secret)");
        }
        for (const auto& binding : bindings) {
            const auto verdict = try_scram(mechanism, binding);
            if (verdict != Verdict::other_binding) return verdict == Verdict::accepted;
        }
        // To go on without would be what somebody wants who sits between two connections (RFC 5802 §6).
        const auto name = mechanism.substr(0, mechanism.size() - kPlusSuffix.size());
        give_up(mechanism,
                "the server binds logins to the TLS connection in none of the ways known here; if it is the "
                "right server, write 'auth_mechanisms = " +
                    name + "' in [Repository " + settings_.repository + "]");
    }

    std::vector<ScramBinding> channel_bindings() const {
        std::vector<ScramBinding> bindings;
        for (const auto& [type, name] : kBindings) {
            auto data = driver_.stream().channel_binding(type);
            if (!data.empty())
                bindings.push_back({ScramBinding::Flag::bound, std::string(name), std::move(data)});
        }
        return bindings;
    }

    // RFC 5802 §6. Who leaves -PLUS out of auth_mechanisms does not want it, which "n" says.
    ScramBinding unbound(const std::string& mechanism) const {
        const auto bound = mechanism + std::string(kPlusSuffix);
        const auto& wanted = settings_.auth_mechanisms;
        const bool would_bind = std::find(wanted.begin(), wanted.end(), bound) != wanted.end() &&
                                !was_understood(bound) && !channel_bindings().empty();
        return {.flag = would_bind ? ScramBinding::Flag::not_offered : ScramBinding::Flag::not_wanted};
    }

    // Whoever sits between two connections may as well answer BAD as take the name out of the capabilities.
    bool was_understood(const std::string& mechanism) const {
        return is_offered(mechanism) &&
               std::none_of(failures_.begin(), failures_.end(),
                            [&](const auto& failure) { return failure.first == mechanism; });
    }

    enum class Verdict { accepted, next_mechanism, other_binding };

    Verdict try_scram(const std::string& mechanism, const ScramBinding& binding) {
        const auto digest =
            mechanism.starts_with("SCRAM-SHA-256") ? os::DigestKind::sha256 : os::DigestKind::sha1;
        const auto login = login_of_user();
        auto exchange = ScramExchange::begin(digest, login, password(), binding);
        if (!exchange) {
            note_failure(mechanism, exchange.error());
            return Verdict::next_mechanism;
        }
        const auto outcome = talk(mechanism, **exchange);
        if ((*exchange)->was_binding_refused() && binding.flag == ScramBinding::Flag::bound)
            return Verdict::other_binding;
        return judge(mechanism, **exchange, outcome, Proof::password) ? Verdict::accepted
                                                                      : Verdict::next_mechanism;
    }

    bool attempt_digest(const std::string& mechanism) {
        const auto login = login_of_user();
        if (mechanism == "CRAM-MD5" && !login.authorization_identity.empty()) {
            note_failure(mechanism, "it cannot ask for another identity (remote_identity)");
            return false;
        }
        auto exchange = begin_digest(mechanism, login, password());
        if (!exchange) {
            note_failure(mechanism, exchange.error());
            return false;
        }
        return converse(mechanism, **exchange, Proof::password);
    }

    // As the name stands in DNS, in tickets and in the server's own configuration.
    std::string host() const { return net::ascii_host_name(settings_.endpoint.host); }

    SaslLogin login_of_user() {
        return {.user = user(),
                .authorization_identity = credentials_.authorization_identity().value_or(""),
                .host = host()};
    }

    Outcome talk(const std::string& mechanism, SaslExchange& exchange) {
        std::string why_not;
        const auto answer_to = [&](const std::string& challenge) {
            const auto decoded = base::from_base64(challenge);
            auto answer = decoded ? exchange.answer(*decoded)
                                  : base::Unexpected(std::string("the challenge is not base64"));
            if (answer) return base::Secret(base::to_base64(answer->reveal()));
            why_not = answer.error();
            return base::Secret("*");  // RFC 3501 §6.2.2: gives up
        };
        std::optional<base::Secret> initial;
        if (exchange.speaks_first() && driver_.session().has("SASL-IR")) initial = answer_to("");
        // What is too long for the command waits for the server's empty challenge.
        auto waiting =
            initial && !fits_command(*initial) ? std::exchange(initial, std::nullopt) : std::nullopt;
        auto status =
            driver_.run(imap::authenticate_command(mechanism, initial), stop_, [&](imap::Event& event) {
                const auto* challenge = std::get_if<imap::Challenge>(&event);
                if (challenge == nullptr) return;
                const auto first = std::exchange(waiting, std::nullopt);
                driver_.session().respond(first && challenge->text.empty() ? *first
                                                                           : answer_to(challenge->text));
            });
        return {std::move(status), std::move(why_not)};
    }

    bool converse(const std::string& mechanism, SaslExchange& exchange, Proof proof) {
        const auto outcome = talk(mechanism, exchange);
        return judge(mechanism, exchange, outcome, proof);
    }

    bool judge(const std::string& mechanism, const SaslExchange& exchange, const Outcome& outcome,
               Proof proof) {
        if (exchange.was_refused()) {
            credentials_.refused();
            refused_by_ = mechanism;
        }
        if (!outcome.why_not.empty()) give_up(mechanism, outcome.why_not);
        if (outcome.status.condition == Condition::ok && !exchange.is_complete()) {
            give_up(mechanism, proof == Proof::password
                                   ? "the server did not show that it knows the password"
                                   : "the server did not show that the ticket was made for it");
        }
        return judge(mechanism, outcome.status, proof);
    }

    // Whoever spoils a strong mechanism must not get the password by a weak one.
    [[noreturn]] void give_up(const std::string& mechanism, const std::string& why) {
        note_failure(mechanism, why);
        throw failed(all_failed());
    }

    bool attempt_plain() {
        if (!is_safe_for_passwords("PLAIN")) return false;
        return judge("PLAIN", send_plain(), Proof::password);
    }

    bool attempt_login() {
        if (driver_.session().has("LOGINDISABLED")) {
            note_failure("LOGIN", "IMAP LOGIN is disabled by server.  Need to use SSL?");
            return false;
        }
        if (!is_safe_for_passwords("LOGIN")) return false;
        const auto who = user();
        const auto secret = password();
        return judge("LOGIN", driver_.run(imap::login_command(who, secret), stop_), Proof::password);
    }

    bool may_send_passwords() const {
        return driver_.stream().is_encrypted() || settings_.allow_clear_passwords;
    }

    bool is_safe_for_passwords(const std::string& mechanism) {
        if (may_send_passwords()) return true;
        note_failure(mechanism, "not used without TLS");
        return false;
    }

    // RFC 4616 §2: authorization identity, user and password, separated by NUL.
    imap::Status send_plain() {
        const auto identity = credentials_.authorization_identity().value_or("");
        const auto who = user();
        const auto secret = password();
        std::string message;
        message.reserve(identity.size() + who.size() + secret.reveal().size() + 2);
        message.append(identity).append(1, '\0').append(who).append(1, '\0').append(secret.reveal());
        const base::Secret plain(std::move(message));
        return exchange("PLAIN", base::Secret(base::to_base64(plain.reveal())));
    }

    // A mechanism of one message from the client, sent with the command where the server takes it there; "="
    // stands for an empty one then (RFC 4959 §3).
    imap::Status exchange(const std::string& mechanism, const base::Secret& message) {
        const bool at_once = driver_.session().has("SASL-IR") && fits_command(message);
        bool sent = at_once;
        const auto initial = message.empty() ? base::Secret("=") : message;
        auto command = imap::authenticate_command(mechanism, at_once ? std::optional(initial) : std::nullopt);
        return driver_.run(std::move(command), stop_, [&](imap::Event& event) {
            if (!std::holds_alternative<imap::Challenge>(event)) return;
            // RFC 3501 §6.2.2: "*" gives up; a second challenge is none of this mechanism.
            driver_.session().respond(sent ? base::Secret("*") : message);
            sent = true;
        });
    }

    bool judge(const std::string& mechanism, const imap::Status& status, Proof proof) {
        if (status.condition == Condition::ok) {
            if (proof == Proof::password) credentials_.accepted();
            return true;
        }
        const auto reason = base::printable(status.text);
        note_failure(mechanism, reason);
        // BAD: the server does not know the mechanism in this form; another one may do.
        if (status.condition == Condition::bad) return false;
        if (!is_about_the_server(status)) {
            if (proof == Proof::password) credentials_.refused();
            refused_by_ = mechanism;
        }
        throw failed(all_failed());
    }

    std::string user() {
        const auto name = credentials_.user();
        if (!name || name->empty()) throw failed("No username provided for '" + settings_.repository + "'");
        if (!imap::can_be_sent(*name))
            throw failed("The user name of '" + settings_.repository + "' holds NUL");
        return *name;
    }

    base::Secret password() {
        auto secret = credentials_.password(failures_.empty() ? std::string() : failures_.back().second);
        if (!imap::can_be_sent(secret.reveal())) {
            throw failed("The password of '" + settings_.repository + "' holds NUL");
        }
        return secret;
    }

    // What a challenge says may be an echo, too.
    void note_failure(const std::string& mechanism, const std::string& words) {
        const auto reason = driver_.session().without_echoes(words);
        driver_.reporter()(events::AuthenticationFailed{mechanism, reason});
        failures_.emplace_back(mechanism, reason);
    }

    Error failed(const std::string& text) const {
        return Error(Severity::repository, ErrorCode::authentication, text);
    }

    std::string all_failed() const {
        std::string text = "All authentication types failed:";
        for (const auto& [mechanism, reason] : failures_)
            text.append("\n\t").append(mechanism).append(": ").append(reason);
        return text + what_to_write();
    }

    // Nothing weaker follows what the server has refused. Where it would have been tried, say how it can be.
    std::string what_to_write() const {
        const auto& order = settings_.auth_mechanisms;
        const auto refused = std::find(order.begin(), order.end(), refused_by_);
        if (refused == order.end()) return {};
        std::vector<std::string> rest;
        std::copy_if(refused + 1, order.end(), std::back_inserter(rest),
                     [this](const std::string& mechanism) { return could_follow(mechanism); });
        if (rest.empty()) return {};
        const auto where = "' in [Repository " + settings_.repository + "]";
        if (!takes_password(refused_by_))
            return "\nTo log in with a password instead, write 'auth_mechanisms = " + base::join(rest, ", ") +
                   where;
        const auto plain = std::find_if(rest.begin(), rest.end(), sends_password);
        if (sends_password(refused_by_) || plain == rest.end()) return {};
        return "\nIf the password is right, the server may keep it in a form that " + refused_by_ +
               " cannot be checked with: write 'auth_mechanisms = " + *plain + where;
    }

    // Whether the password would go by it.
    bool could_follow(const std::string& mechanism) const {
        if (mechanism == "LOGIN")
            return may_send_passwords() && !std::as_const(driver_).session().has("LOGINDISABLED");
        if (mechanism == "PLAIN") return may_send_passwords() && is_offered(mechanism);
        return takes_password(mechanism) && is_offered(mechanism);
    }

    static bool sends_password(std::string_view mechanism) noexcept {
        return mechanism == "PLAIN" || mechanism == "LOGIN";
    }
    static bool takes_password(std::string_view mechanism) noexcept {
        return mechanism != "GSSAPI" && !is_bearer_mechanism(mechanism) && mechanism != "EXTERNAL";
    }

    std::string no_mechanism() const {
        std::vector<std::string> offered;
        for (const auto& capability : driver_.session().capabilities()) {
            if (capability.starts_with("AUTH=")) offered.push_back(capability.substr(5));
        }
        auto text = "Repository " + settings_.repository +
                    ": no supported authentication mechanisms found; configured " +
                    base::join(settings_.auth_mechanisms, ", ") + ", server advertises " +
                    base::join(offered, ", ");
        for (const auto& [mechanism, reason] : passed_over_)
            text.append("\n\t").append(mechanism).append(": ").append(reason);
        return text;
    }

    Driver& driver_;
    const ConnectionSettings& settings_;
    Credentials& credentials_;
    std::stop_token stop_;
    std::vector<std::pair<std::string, std::string>> failures_;  // mechanism, reason
    // The same of those that were offered and could not be tried.
    std::vector<std::pair<std::string, std::string>> passed_over_;
    std::string refused_by_;  // the mechanism by which the server refused who logs in
};

}  // namespace

void authenticate(Driver& driver, const ConnectionSettings& settings, Credentials& credentials,
                  std::stop_token stop) {
    Login(driver, settings, credentials, std::move(stop)).run();
}

}  // namespace offlineimap::client
