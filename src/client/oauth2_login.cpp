#include "offlineimap/client/oauth2_login.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "offlineimap/base/base64.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/net/https.hpp"
#include "offlineimap/net/loopback.hpp"
#include "offlineimap/os/keyed_digest.hpp"
#include "offlineimap/os/system.hpp"

#include "json_object.hpp"

namespace offlineimap::client {

using base::Error;
using base::ErrorCode;
using base::Severity;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Error failed(const OAuth2Login& login, const std::string& what, ErrorCode code = ErrorCode::authentication) {
    return {Severity::repository, code, "Repository " + login.client.repository + ": " + what};
}

std::string in_words(const OAuth2Refusal& refusal) {
    return "'" + refusal.error + "'" + (refusal.description.empty() ? "" : " (" + refusal.description + ")");
}

base::Secret client_id(const OAuth2Login& login) {
    auto id = login.client.id ? login.client.id() : std::nullopt;
    if (!id || id->empty())
        throw failed(login, "oauth2_client_id is needed for a login", ErrorCode::configuration);
    return *std::move(id);
}

void add_client_secret(const OAuth2Login& login, OAuth2Form& form) {
    auto secret = login.client.secret ? login.client.secret() : std::nullopt;
    if (secret && !secret->empty()) form.emplace_back("client_secret", *std::move(secret));
}

OAuth2Grant granted(const OAuth2Login& login, OAuth2Grant grant) {
    if (!grant.refresh_token.empty()) return grant;
    throw failed(
        login,
        "the login went well, but the server gave no refresh token; is 'offline_access' or its like missing "
        "in oauth2_scope?");
}

// --- Device code (RFC 8628) ---

struct DeviceCode {
    base::Secret device_code;
    std::string user_code;
    std::string address;
    seconds lifetime;
    seconds interval;
};

seconds seconds_of(const JsonFields& fields, std::string_view name, seconds least, seconds fallback,
                   seconds most) {
    const auto number = base::parse_integer<std::int64_t>(field_of(fields, name));
    return number ? std::clamp(seconds(*number), least, most) : fallback;
}

DeviceCode read_device_code(const OAuth2Login& login, const OAuth2Answer& answer) {
    const auto fields = parse_json_fields(answer.body.reveal());
    if (fields && !field_of(*fields, "error").empty()) {
        throw failed(login, "the server refuses logins by device code: " +
                                in_words({base::printable(field_of(*fields, "error"), 100),
                                          base::printable(field_of(*fields, "error_description"), 300)}));
    }
    // Google says verification_url.
    const auto address = !fields ? std::string_view()
                         : field_of(*fields, "verification_uri").empty()
                             ? field_of(*fields, "verification_url")
                             : field_of(*fields, "verification_uri");
    if (!fields || address.empty() || field_of(*fields, "device_code").empty() ||
        field_of(*fields, "user_code").empty()) {
        throw failed(login,
                     "'" + net::place_of(login.provider.device_url) + "' gave no device code (HTTP status " +
                         std::to_string(answer.status) + ")",
                     ErrorCode::protocol);
    }
    return {.device_code = base::Secret(std::string(field_of(*fields, "device_code"))),
            .user_code = base::printable(field_of(*fields, "user_code"), 100),
            .address = base::printable(address),
            .lifetime = seconds_of(*fields, "expires_in", seconds(1), seconds(900), seconds(3600)),
            .interval = seconds_of(*fields, "interval", seconds(1), seconds(5), seconds(300))};
}

// --- Browser (RFC 8252, RFC 7636) ---

// 32 bytes of randomness.
std::string random_bytes() {
    std::string bytes;
    while (bytes.size() < 32) {
        auto number = os::random_number();
        for (int i = 0; i < 8; ++i, number >>= 8U) bytes += static_cast<char>(number & 0xFFU);
    }
    return bytes;
}

// RFC 4648 §5 without padding.
std::string base64url(std::string_view bytes) {
    auto text = base::to_base64(bytes);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

// RFC 7636 §4.2: S256.
std::string challenge_of(std::string_view verifier) {
    return base64url(os::digest_bytes(os::DigestKind::sha256, verifier).reveal());
}

std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte =
            text[i] == '%' ? base::parse_integer<unsigned>(text.substr(i + 1, 2), 16) : std::nullopt;
        if (byte && i + 2 < text.size()) {
            plain += static_cast<char>(*byte);
            i += 2;
        } else {
            plain += text[i] == '+' ? ' ' : text[i];
        }
    }
    return plain;
}

std::string parameter(std::string_view target, std::string_view name) {
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return "";
    for (const auto pair : base::split(target.substr(mark + 1), '&')) {
        if (pair.substr(0, pair.find('=')) == name && pair.size() > name.size())
            return unescaped(pair.substr(name.size() + 1));
    }
    return "";
}

struct Redirected {
    base::Secret code;
    std::string error;
    std::string description;
};

// What came back with our own state; whatever has another one, or none, is somebody else's (RFC 6749 §10.12).
std::optional<Redirected> redirected(std::string_view target, std::string_view state) {
    if (parameter(target, "state") != state) return std::nullopt;
    Redirected result{base::Secret(parameter(target, "code")),
                      base::printable(parameter(target, "error"), 100),
                      base::printable(parameter(target, "error_description"), 300)};
    if (result.code.empty() && result.error.empty()) return std::nullopt;
    return result;
}

std::string authorize_address(const OAuth2Login& login, const base::Secret& id, const std::string& redirect,
                              const std::string& state, const std::string& challenge) {
    const auto& url = login.provider.authorize_url;
    std::string address = url + (url.find('?') == std::string::npos ? '?' : '&');
    const auto add = [&address](std::string_view name, std::string_view value) {
        if (!value.empty()) address.append(name).append("=").append(net::form_escaped(value)).append("&");
    };
    add("response_type", "code");
    add("client_id", id.reveal());
    add("redirect_uri", redirect);
    add("scope", login.provider.scope);
    add("state", state);
    add("code_challenge", challenge);
    add("code_challenge_method", "S256");
    add("login_hint", login.user);
    // Google gives a refresh token only so; others do not know them.
    add("access_type", "offline");
    add("prompt", "consent");
    address.pop_back();
    return address;
}

Redirected await_redirect(const OAuth2Login& login, net::LoopbackListener& listener, const std::string& state,
                          const std::stop_token& stop) {
    std::optional<Redirected> result;
    const auto handler = [&](std::string_view target) -> net::LoopbackListener::Page {
        result = redirected(target, state);
        if (!result) return {"This is not the answer that was waited for.", false};
        if (!result->error.empty()) return {"The login was refused. You may close this page.", true};
        return {"The login went well. You may close this page.", true};
    };
    if (!listener.serve(handler, base::Deadline::after(login.limit), stop))
        throw failed(login, "the login was not finished in time", ErrorCode::timeout);
    return *std::move(result);
}

}  // namespace

OAuth2Grant log_in_by_device_code(const OAuth2Login& login, const std::stop_token& stop) {
    const auto id = client_id(login);
    OAuth2Form request;
    request.emplace_back("client_id", id);
    if (!login.provider.scope.empty()) request.emplace_back("scope", base::Secret(login.provider.scope));
    auto code = read_device_code(login, login.post(login.provider.device_url, request, stop));
    login.tell("Open " + code.address + " in a browser on any machine and enter the code " + code.user_code);

    OAuth2Form poll;
    poll.emplace_back("grant_type", base::Secret("urn:ietf:params:oauth:grant-type:device_code"));
    poll.emplace_back("device_code", code.device_code);
    poll.emplace_back("client_id", id);
    add_client_secret(login, poll);
    const auto limit = std::min<milliseconds>(code.lifetime, login.limit);
    for (milliseconds waited{0}; waited < limit; waited += code.interval) {
        login.wait(code.interval, stop);
        auto result = read_token_answer(login.post(login.provider.token_url, poll, stop), poll,
                                        login.provider.token_url);
        if (auto* grant = std::get_if<OAuth2Grant>(&result)) return granted(login, std::move(*grant));
        const auto& refusal = std::get<OAuth2Refusal>(result);
        // RFC 8628 §3.5.
        if (refusal.error == "slow_down") {
            code.interval += seconds(5);
        } else if (refusal.error == "expired_token") {
            break;
        } else if (refusal.error != "authorization_pending") {
            throw failed(login, "the login was refused: " + in_words(refusal));
        }
    }
    throw failed(login, "the code " + code.user_code + " has expired; try again", ErrorCode::timeout);
}

OAuth2Grant log_in_by_browser(const OAuth2Login& login, const std::stop_token& stop) {
    const auto id = client_id(login);
    net::LoopbackListener listener;
    const std::string redirect =
        "http://" + login.provider.redirect_host + ":" + std::to_string(listener.port()) + "/";
    const auto state = base64url(random_bytes());
    const base::Secret verifier(base64url(random_bytes()));
    login.tell("Open this address in a browser on this machine and log in:\n  " +
               authorize_address(login, id, redirect, state, challenge_of(verifier.reveal())));
    auto result = await_redirect(login, listener, state, stop);
    if (!result.error.empty())
        throw failed(login, "the login was refused: " + in_words({result.error, result.description}));

    OAuth2Form form;
    form.emplace_back("grant_type", base::Secret("authorization_code"));
    form.emplace_back("code", std::move(result.code));
    form.emplace_back("redirect_uri", base::Secret(redirect));
    form.emplace_back("client_id", id);
    form.emplace_back("code_verifier", verifier);
    add_client_secret(login, form);
    auto answer =
        read_token_answer(login.post(login.provider.token_url, form, stop), form, login.provider.token_url);
    if (const auto* refusal = std::get_if<OAuth2Refusal>(&answer))
        throw failed(login, "the login was refused: " + in_words(*refusal));
    return granted(login, std::get<OAuth2Grant>(std::move(answer)));
}

}  // namespace offlineimap::client
