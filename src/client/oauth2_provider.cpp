// Where Google and Microsoft have what a login needs, as their documents say.
#include <string_view>

#include "offlineimap/base/text.hpp"
#include "offlineimap/client/oauth2_login.hpp"

namespace offlineimap::client {

namespace {

constexpr std::string_view kGoogleScope = "https://mail.google.com/";
constexpr std::string_view kMicrosoftScope =
    "https://outlook.office.com/IMAP.AccessAsUser.All offline_access";
constexpr std::string_view kMicrosoftHost = "https://login.microsoftonline.com/";

bool is_within(const std::string& host, std::string_view domain) {
    const auto name = base::to_lower(host);
    return name == domain || name.ends_with("." + std::string(domain));
}

bool is_google(const std::string& mail_host, const std::string& token_url) {
    if (!token_url.empty())
        return token_url.starts_with("https://accounts.google.com/") ||
               token_url.starts_with("https://oauth2.googleapis.com/");
    return is_within(mail_host, "imap.gmail.com") || is_within(mail_host, "imap.googlemail.com");
}

bool is_microsoft(const std::string& mail_host, const std::string& token_url) {
    if (!token_url.empty()) return token_url.starts_with(kMicrosoftHost);
    return is_within(mail_host, "outlook.office365.com") || is_within(mail_host, "imap-mail.outlook.com") ||
           is_within(mail_host, "outlook.office.com");
}

// "https://login.microsoftonline.com/common/oauth2/v2.0/token": what stands before "token" is the tenant's.
OAuth2Provider microsoft(const std::string& token_url) {
    constexpr std::string_view kToken = "token";
    const std::string known =
        token_url.empty() ? std::string(kMicrosoftHost) + "common/oauth2/v2.0/token" : token_url;
    OAuth2Provider provider{.token_url = known,
                            .authorize_url = {},
                            .device_url = {},
                            .scope = std::string(kMicrosoftScope),
                            .redirect_host = "localhost"};
    if (!known.ends_with("/token")) return provider;
    const std::string root = known.substr(0, known.size() - kToken.size());
    provider.authorize_url = root + "authorize";
    provider.device_url = root + "devicecode";
    return provider;
}

}  // namespace

OAuth2Provider known_oauth2_provider(const std::string& mail_host, const std::string& token_url) {
    if (is_google(mail_host, token_url)) {
        // Google gives no access to mail by device code. The token URL is the original's.
        return {.token_url = token_url.empty() ? "https://accounts.google.com/o/oauth2/token" : token_url,
                .authorize_url = "https://accounts.google.com/o/oauth2/v2/auth",
                .device_url = {},
                .scope = std::string(kGoogleScope)};
    }
    if (is_microsoft(mail_host, token_url)) return microsoft(token_url);
    return {.token_url = token_url, .authorize_url = {}, .device_url = {}, .scope = {}};
}

}  // namespace offlineimap::client
