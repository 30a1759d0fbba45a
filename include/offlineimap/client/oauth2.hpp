// OAuth 2 access tokens for logins: where they come from, how long they are used, and how new ones are got
// (reference: network and authentication §4.3; RFC 6749). The first token of all comes from oauth2_login.hpp.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/base/proxy.hpp"
#include "offlineimap/base/secret.hpp"
#include "offlineimap/client/connection.hpp"
#include "offlineimap/events/reporter.hpp"

namespace offlineimap::client {

// What a form consists of; values are escaped when it is sent.
using OAuth2Form = std::vector<std::pair<std::string, base::Secret>>;
struct OAuth2Answer {
    long status = 0;    // of HTTP
    base::Secret body;  // JSON, it should be
};
// Posts a form to a URL. Throws Error{repository, …}, which never names a value of the form.
using OAuth2Post =
    std::function<OAuth2Answer(const std::string& url, const OAuth2Form& form, const std::stop_token& stop)>;
// Over HTTPS, through the proxy if there is one.
OAuth2Post oauth2_post_over_https(std::optional<base::Proxy> proxy, std::chrono::milliseconds limit);

// Who asks for tokens, and where. Functions give nullopt or an empty secret where nothing is configured, and
// are called when a value is needed.
struct OAuth2Client {
    std::string repository;  // its name, for messages
    std::string account;
    std::string token_url;  // empty: none is known
    std::function<std::optional<base::Secret>()> id;
    std::function<std::optional<base::Secret>()> secret;
};

struct OAuth2Sources {
    OAuth2Client client;
    // The first one that gives a token counts. `renewable`: asked once more when the server refused what it
    // gave.
    struct AccessToken {
        std::function<std::optional<base::Secret>(const std::stop_token&)> ask;
        bool renewable;
    };
    std::vector<AccessToken> access_tokens;
    std::function<std::optional<base::Secret>()> refresh_token;  // empty function: not configured
    // oauth2_refresh_token_file: comes before refresh_token, and gets the new one where the server replaces
    // it.
    std::optional<std::filesystem::path> refresh_token_file;
    OAuth2Post post;
    std::function<std::chrono::steady_clock::time_point()> now = [] {
        return std::chrono::steady_clock::now();
    };
};

// Thread-safe: one instance serves all connections of a repository, and while one thread gets a token, the
// others wait for it. No more than one is asked for, however often the server refuses.
class OAuth2Tokens final : public BearerTokens {
  public:
    OAuth2Tokens(OAuth2Sources sources, const events::Reporter& reporter);

    // Of a configured access token or the refresh token's making, in this order. A fetched one is replaced
    // when half of the time has passed that the server gave it.
    base::Secret token(const std::stop_token& stop) override;
    std::optional<base::Secret> renew(const base::Secret& refused, const std::stop_token& stop) override;
    void accepted(const base::Secret& token) override;

  private:
    struct Current {
        base::Secret token;
        bool was_fetched = false;  // and not configured
        bool was_accepted = false;
        std::optional<std::chrono::steady_clock::time_point> replace_at{};
    };

    bool can_refresh() const;
    std::optional<Current> configured(const base::Secret* refused, const std::stop_token& stop);
    Current fetched(const std::stop_token& stop);
    OAuth2Form refresh_form(const base::Secret& refresh_token) const;
    std::optional<base::Secret> stored_refresh_token() const;
    base::Secret refresh_token() const;
    void take_new_refresh_token(base::Secret token);
    void store_refresh_token();

    OAuth2Sources sources_;
    events::Reporter reporter_;
    // Guards what follows. Held while a token is being got: other connections need the same one.
    std::mutex tokens_mutex_;
    std::optional<Current> current_;
    bool configured_was_refused_ = false;            // from then on the refresh token counts
    std::optional<base::Secret> new_refresh_token_;  // replaced the configured one in this run
    bool is_stored_ = true;  // new_refresh_token_ is in the file, or has none to be in
    bool has_warned_ = false;
};

// The file of a refresh token: its first line. nullopt if it does not exist or is empty.
std::optional<base::Secret> read_token_file(const std::filesystem::path& path, const std::string& option);
// Replaces it as a whole, for its owner only; durable when this returns. A symbolic link stays, and what it
// leads to is replaced.
void write_token_file(const std::filesystem::path& path, const base::Secret& token);

// What an answer of a token server says, for both ways to a token.
struct OAuth2Grant {
    base::Secret access_token;
    base::Secret refresh_token;  // empty: none
    std::optional<std::chrono::seconds> lifetime;
};
struct OAuth2Refusal {
    std::string error;        // RFC 6749 §5.2: "invalid_grant"
    std::string description;  // for a person; holds none of the form's secrets
};
// Throws Error{repository, protocol} if the answer is neither.
std::variant<OAuth2Grant, OAuth2Refusal> read_token_answer(const OAuth2Answer& answer, const OAuth2Form& form,
                                                           const std::string& url);

}  // namespace offlineimap::client
