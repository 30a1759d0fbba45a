// The first OAuth 2 token of an account, which takes a person with a browser: here (RFC 8252, with PKCE, RFC
// 7636), or on any other machine (device code, RFC 8628).
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "offlineimap/client/oauth2.hpp"
#include "offlineimap/client/waiting.hpp"

namespace offlineimap::client {

// Where a provider has what a login needs. Empty: not known, or not possible there.
struct OAuth2Provider {
    std::string token_url;
    std::string authorize_url;
    std::string device_url;
    std::string scope;
    // What the browser is sent back to: "127.0.0.1", or "localhost" where the provider takes nothing else.
    std::string redirect_host = "127.0.0.1";
};
// What is known about the provider of this mail server, or behind this token URL: Google and Microsoft.
// `token_url` as configured, or empty.
OAuth2Provider known_oauth2_provider(const std::string& mail_host, const std::string& token_url);

struct OAuth2Login {
    OAuth2Client client;
    OAuth2Provider provider;
    std::string user;  // whom the login page is about; may be empty
    OAuth2Post post;
    std::function<void(const std::string& text)> tell;  // the person
    std::function<void(std::chrono::milliseconds, const std::stop_token&)> wait = wait_unless_stopped;
    std::chrono::milliseconds limit{600'000};  // for the person
};

// Both return what the server grants, which holds a refresh token, and throw Error{repository,
// authentication|timeout|…} if it grants none.
OAuth2Grant log_in_by_device_code(const OAuth2Login& login, const std::stop_token& stop);
OAuth2Grant log_in_by_browser(const OAuth2Login& login, const std::stop_token& stop);

}  // namespace offlineimap::client
