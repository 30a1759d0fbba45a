#include "offlineimap/client/oauth2.hpp"

#include <algorithm>

#include "offlineimap/base/text.hpp"
#include "offlineimap/net/https.hpp"
#include "offlineimap/os/stop_point.hpp"

#include "json_object.hpp"
#include "token_lock.hpp"

namespace offlineimap::client {

using base::Error;
using base::ErrorCode;
using base::Severity;
using std::chrono::seconds;

namespace {

// Whatever a server says, a token is not kept for longer.
constexpr seconds kLongestLifetime{30 * 24 * 3600};
constexpr seconds kLongestWaitForOthers{120};

const base::Secret* value_of(const OAuth2Form& form, std::string_view name) {
    const auto found =
        std::find_if(form.begin(), form.end(), [&](const auto& pair) { return pair.first == name; });
    return found == form.end() ? nullptr : &found->second;
}

base::Secret encoded(const OAuth2Form& form) {
    std::string body;
    std::size_t size = 0;
    for (const auto& [name, value] : form) size += name.size() + 3 * value.reveal().size() + 2;
    body.reserve(size);  // no copy of a secret stays behind in freed memory
    for (const auto& [name, value] : form) {
        if (!body.empty()) body += '&';
        const base::Secret escaped(net::form_escaped(value.reveal()));
        body.append(name).append("=").append(escaped.reveal());
    }
    return base::Secret(std::move(body));
}

// A server may repeat in its answer what it was sent.
std::string without_secrets(std::string_view text, const OAuth2Form& form) {
    std::string masked(text);
    for (const char* name : {"client_secret", "refresh_token", "code", "device_code", "code_verifier"}) {
        const auto* secret = value_of(form, name);
        if (secret == nullptr || secret->empty()) continue;
        const base::Secret as_sent(net::form_escaped(secret->reveal()));
        for (const auto* form_of_it : {secret, &as_sent})
            masked = base::replace_all(masked, form_of_it->reveal(), "***");
    }
    return base::printable(masked, 300);
}

std::optional<seconds> lifetime_of(const JsonFields& fields) {
    const auto text = field_of(fields, "expires_in");
    // Some servers write 3599.0.
    const auto number = base::parse_integer<std::int64_t>(text.substr(0, text.find('.')));
    if (!number) return std::nullopt;
    return std::clamp(seconds(*number), seconds(0), kLongestLifetime);
}

}  // namespace

OAuth2Post oauth2_post_over_https(std::optional<base::Proxy> proxy, std::chrono::milliseconds limit) {
    return [proxy = std::move(proxy), limit](const std::string& url, const OAuth2Form& form,
                                             const std::stop_token& stop) {
        auto answer =
            net::post_form({.url = url, .body = encoded(form), .proxy = proxy, .limit = limit}, stop);
        return OAuth2Answer{answer.status, std::move(answer.body)};
    };
}

std::variant<OAuth2Grant, OAuth2Refusal> read_token_answer(const OAuth2Answer& answer, const OAuth2Form& form,
                                                           const std::string& url) {
    const auto fields = parse_json_fields(answer.body.reveal());
    // Some servers refuse with HTTP 200, others with 400 and 401: the answer's own words decide.
    if (fields && !field_of(*fields, "error").empty()) {
        return OAuth2Refusal{without_secrets(field_of(*fields, "error"), form),
                             without_secrets(field_of(*fields, "error_description"), form)};
    }
    if (!fields || answer.status != 200 || field_of(*fields, "access_token").empty()) {
        throw Error(Severity::repository, ErrorCode::protocol,
                    "'" + net::place_of(url) + "' gave no token: HTTP status " +
                        std::to_string(answer.status) +
                        (fields ? ", without an access_token" : ", and no JSON object") +
                        "; is it the right oauth2_request_url?");
    }
    return OAuth2Grant{base::Secret(std::string(field_of(*fields, "access_token"))),
                       base::Secret(std::string(field_of(*fields, "refresh_token"))), lifetime_of(*fields)};
}

OAuth2Tokens::OAuth2Tokens(OAuth2Sources sources, const events::Reporter& reporter)
    : sources_(std::move(sources)), reporter_(reporter) {}

base::Secret OAuth2Tokens::token(const std::stop_token& stop) {
    const std::lock_guard lock(tokens_mutex_);
    if (!is_stored_) store_refresh_token();
    if (current_ && current_->replace_at && sources_.now() >= *current_->replace_at) current_.reset();
    if (!current_ && !configured_was_refused_) current_ = configured(nullptr, stop);
    if (!current_) current_ = fetched(stop);
    return current_->token;
}

std::optional<base::Secret> OAuth2Tokens::renew(const base::Secret& refused, const std::stop_token& stop) {
    const std::lock_guard lock(tokens_mutex_);
    // Another connection has met the same refusal before, and got another token or gave up.
    if (!current_) return std::nullopt;
    if (current_->token.reveal() != refused.reveal()) return current_->token;
    const auto former = *std::exchange(current_, std::nullopt);
    // A token that is new and refused all the same: the next one would fare no better.
    if (former.was_fetched && !former.was_accepted) return std::nullopt;
    if (!former.was_fetched) current_ = configured(&refused, stop);
    if (!current_ && can_refresh()) {
        configured_was_refused_ = true;
        current_ = fetched(stop);
    }
    if (!current_) return std::nullopt;
    return current_->token;
}

void OAuth2Tokens::accepted(const base::Secret& token) {
    const std::lock_guard lock(tokens_mutex_);
    if (current_ && current_->token.reveal() == token.reveal()) current_->was_accepted = true;
}

bool OAuth2Tokens::can_refresh() const {
    return sources_.refresh_token || sources_.refresh_token_file;
}

// `refused`: only what is another one.
std::optional<OAuth2Tokens::Current> OAuth2Tokens::configured(const base::Secret* refused,
                                                              const std::stop_token& stop) {
    for (const auto& source : sources_.access_tokens) {
        if (refused != nullptr && !source.renewable) continue;
        auto token = source.ask(stop);
        if (!token || token->empty()) continue;
        if (refused != nullptr && token->reveal() == refused->reveal()) continue;
        return Current{.token = *std::move(token)};
    }
    return std::nullopt;
}

base::Secret OAuth2Tokens::refresh_token() const {
    if (auto stored = stored_refresh_token()) return *std::move(stored);
    if (new_refresh_token_) return *new_refresh_token_;
    if (sources_.refresh_token) {
        auto token = sources_.refresh_token();
        if (token && !token->empty()) return *std::move(token);
    }
    const auto file = sources_.refresh_token_file ? sources_.refresh_token_file->string() : "";
    throw Error(Severity::repository, ErrorCode::authentication,
                "Repository " + sources_.client.repository + ": there is no OAuth 2 token" +
                    (file.empty() ? "" : " in '" + file + "'") + "; run 'offlineimap --oauth2-login " +
                    sources_.client.account + "'");
}

// Another process or account may have replaced it since: the file is asked anew each time. What could not be
// written there comes first.
std::optional<base::Secret> OAuth2Tokens::stored_refresh_token() const {
    if (!is_stored_ || !sources_.refresh_token_file) return std::nullopt;
    return read_token_file(*sources_.refresh_token_file, "oauth2_refresh_token_file");
}

// RFC 6749 §6.
OAuth2Form OAuth2Tokens::refresh_form(const base::Secret& refresh_token) const {
    OAuth2Form form;
    if (auto id = sources_.client.id ? sources_.client.id() : std::nullopt; id && !id->empty())
        form.emplace_back("client_id", *std::move(id));
    if (auto secret = sources_.client.secret ? sources_.client.secret() : std::nullopt;
        secret && !secret->empty())
        form.emplace_back("client_secret", *std::move(secret));
    form.emplace_back("refresh_token", refresh_token);
    form.emplace_back("grant_type", base::Secret("refresh_token"));
    return form;
}

OAuth2Tokens::Current OAuth2Tokens::fetched(const std::stop_token& stop) {
    const auto& client = sources_.client;
    const auto lock = sources_.refresh_token_file
                          ? lock_token_file(*sources_.refresh_token_file, kLongestWaitForOthers, stop)
                          : std::nullopt;
    auto used = refresh_token();
    if (client.token_url.empty()) {
        throw Error(Severity::repository, ErrorCode::configuration,
                    "No remote oauth2_request_url for repository '" + client.repository + "' specified.");
    }
    auto form = refresh_form(used);
    const auto asked_at = sources_.now();
    auto result = read_token_answer(sources_.post(client.token_url, form, stop), form, client.token_url);
    if (std::holds_alternative<OAuth2Refusal>(result)) {
        // Somebody without our lock (another machine, another program) has stored another one meanwhile.
        auto stored = stored_refresh_token();
        if (stored && stored->reveal() != used.reveal()) {
            form = refresh_form(*stored);
            used = *std::move(stored);
            result = read_token_answer(sources_.post(client.token_url, form, stop), form, client.token_url);
        }
    }
    if (const auto* refusal = std::get_if<OAuth2Refusal>(&result)) {
        throw Error(Severity::repository, ErrorCode::authentication,
                    "Repository " + client.repository + ": xoauth2handler got: {'error': '" + refusal->error +
                        "', 'error_description': '" + refusal->description + "'}" +
                        (refusal->error == "invalid_grant"
                             ? "; the refresh token is no longer good: run 'offlineimap --oauth2-login " +
                                   client.account + "'"
                             : ""));
    }
    auto& grant = std::get<OAuth2Grant>(result);
    os::stop_point("oauth2.tokens-received");
    if (!grant.refresh_token.empty() && grant.refresh_token.reveal() != used.reveal())
        take_new_refresh_token(std::move(grant.refresh_token));
    Current current{.token = std::move(grant.access_token), .was_fetched = true};
    if (grant.lifetime) current.replace_at = asked_at + *grant.lifetime / 2;
    return current;
}

// Before anything else is done with the answer: the former one may be good for nothing now.
void OAuth2Tokens::take_new_refresh_token(base::Secret token) {
    new_refresh_token_ = std::move(token);
    if (sources_.refresh_token_file) return store_refresh_token();
    if (std::exchange(has_warned_, true)) return;
    reporter_(events::WarningGiven{
        "Repository " + sources_.client.repository +
        ": the server has replaced the refresh token, and the new one is kept for this run only; write "
        "oauth2_refresh_token_file if it shall be stored"});
}

// A failure is told and tried again at the next login; the tokens are good all the same.
void OAuth2Tokens::store_refresh_token() {
    try {
        is_stored_ = false;
        write_token_file(*sources_.refresh_token_file, *new_refresh_token_);
        is_stored_ = true;
    } catch (const Error& error) {
        reporter_(events::ErrorOccurred{
            "Repository " + sources_.client.repository + ": the new refresh token could not be stored",
            error.what()});
    }
}

}  // namespace offlineimap::client
