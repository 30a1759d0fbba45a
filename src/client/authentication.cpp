#include "authentication.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "offlineimap/base/text.hpp"

#include "base64.hpp"
#include "sasl.hpp"

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
    // Whether the server accepted; false: on to the next mechanism.
    bool attempt(const std::string& mechanism) {
        if (mechanism == "PLAIN" && driver_.session().has("AUTH=PLAIN")) return attempt_plain();
        if (mechanism == "LOGIN") return attempt_login();
        if (is_challenge_mechanism(mechanism) && driver_.session().has("AUTH=" + mechanism))
            return attempt_challenges(mechanism);
        return false;
    }

    // Safe on any connection: the password itself is never sent.
    bool attempt_challenges(const std::string& mechanism) {
        const auto identity = credentials_.authorization_identity().value_or("");
        if (mechanism == "CRAM-MD5" && !identity.empty()) {
            note_failure(mechanism, "it cannot ask for another identity (remote_identity)");
            return false;
        }
        const SaslLogin login{
            .user = user(), .authorization_identity = identity, .host = settings_.endpoint.host};
        const auto secret = password();
        if (const auto obstacle = SaslClient::obstacle(mechanism, secret)) {
            note_failure(mechanism, *obstacle);
            return false;
        }
        SaslClient client(mechanism, login, secret);
        std::string why_not;
        const auto answer_to = [&](const std::string& challenge) {
            auto answer = client.answer(challenge);
            if (answer) return *std::move(answer);
            why_not = answer.error();
            return base::Secret("*");  // RFC 3501 §6.2.2: gives up
        };
        const bool at_once = client.speaks_first() && driver_.session().has("SASL-IR");
        const auto initial = at_once ? std::optional(answer_to("")) : std::nullopt;
        const auto status =
            driver_.run(imap::authenticate_command(mechanism, initial), stop_, [&](imap::Event& event) {
                if (const auto* challenge = std::get_if<imap::Challenge>(&event))
                    driver_.session().respond(answer_to(challenge->text));
            });
        if (client.was_refused()) credentials_.refused();
        if (!why_not.empty()) give_up(mechanism, why_not);
        if (status.condition == Condition::ok && !client.is_complete())
            give_up(mechanism, "the server did not show that it knows the password");
        return judge(mechanism, status);
    }

    // Whoever spoils a strong mechanism must not get the password by a weak one.
    [[noreturn]] void give_up(const std::string& mechanism, const std::string& why) {
        note_failure(mechanism, why);
        throw failed(all_failed());
    }

    bool attempt_plain() {
        if (!is_safe_for_passwords("PLAIN")) return false;
        return judge("PLAIN", send_plain());
    }

    bool attempt_login() {
        if (driver_.session().has("LOGINDISABLED")) {
            note_failure("LOGIN", "IMAP LOGIN is disabled by server.  Need to use SSL?");
            return false;
        }
        if (!is_safe_for_passwords("LOGIN")) return false;
        const auto who = user();
        const auto secret = password();
        return judge("LOGIN", driver_.run(imap::login_command(who, secret), stop_));
    }

    bool is_safe_for_passwords(const std::string& mechanism) {
        if (driver_.stream().is_encrypted() || settings_.allow_clear_passwords) return true;
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
        return exchange("PLAIN", base::Secret(base64(plain.reveal())));
    }

    // A mechanism of one message from the client, sent with the command where the server takes it there
    // (RFC 4959).
    imap::Status exchange(const std::string& mechanism, const base::Secret& message) {
        const bool at_once = driver_.session().has("SASL-IR");
        bool sent = at_once;
        auto command = imap::authenticate_command(mechanism, at_once ? std::optional(message) : std::nullopt);
        return driver_.run(std::move(command), stop_, [&](imap::Event& event) {
            if (!std::holds_alternative<imap::Challenge>(event)) return;
            // RFC 3501 §6.2.2: "*" gives up; a second challenge is none of this mechanism.
            driver_.session().respond(sent ? base::Secret("*") : message);
            sent = true;
        });
    }

    bool judge(const std::string& mechanism, const imap::Status& status) {
        if (status.condition == Condition::ok) {
            credentials_.accepted();
            return true;
        }
        const auto reason = base::printable(status.text);
        note_failure(mechanism, reason);
        // BAD: the server does not know the mechanism in this form; another one may do.
        if (status.condition == Condition::bad) return false;
        if (!is_about_the_server(status)) credentials_.refused();
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

    void note_failure(const std::string& mechanism, const std::string& reason) {
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
        return text;
    }

    std::string no_mechanism() const {
        std::vector<std::string> offered;
        for (const auto& capability : driver_.session().capabilities()) {
            if (capability.starts_with("AUTH=")) offered.push_back(capability.substr(5));
        }
        return "Repository " + settings_.repository +
               ": no supported authentication mechanisms found; configured " +
               base::join(settings_.auth_mechanisms, ", ") + ", server advertises " +
               base::join(offered, ", ");
    }

    Driver& driver_;
    const ConnectionSettings& settings_;
    Credentials& credentials_;
    std::stop_token stop_;
    std::vector<std::pair<std::string, std::string>> failures_;  // mechanism, reason
};

}  // namespace

void authenticate(Driver& driver, const ConnectionSettings& settings, Credentials& credentials,
                  std::stop_token stop) {
    Login(driver, settings, credentials, std::move(stop)).run();
}

}  // namespace offlineimap::client
