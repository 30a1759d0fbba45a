#include "offlineimap/repository/oauth2.hpp"

#include "offlineimap/base/error.hpp"

#include "connection_settings.hpp"
#include "oauth2_sources.hpp"

namespace offlineimap::repository {

namespace {

[[noreturn]] void need(const config::Repository& options, const std::string& what) {
    throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                      "--oauth2-login needs " + what + " in [Repository " + options.name + "]");
}

// In the browser, where that is possible: nobody can talk the user into logging in for somebody else there.
config::OAuth2Flow flow_of(const config::OAuth2Options& oauth2, const client::OAuth2Provider& provider) {
    if (oauth2.flow) return *oauth2.flow;
    return provider.authorize_url.empty() ? config::OAuth2Flow::device : config::OAuth2Flow::browser;
}

void require_options(const config::Repository& options, const client::OAuth2Provider& provider,
                     config::OAuth2Flow flow) {
    const auto& oauth2 = options.imap().oauth2;
    if (!oauth2.client_id.is_written()) need(options, "oauth2_client_id");
    if (!oauth2.refresh_token_file) {
        need(options,
             "oauth2_refresh_token_file, where the token is to be kept "
             "(for example ~/.config/offlineimap/" +
                 options.name + ".token)");
    }
    if (provider.token_url.empty()) need(options, "oauth2_request_url");
    const bool by_device = flow == config::OAuth2Flow::device;
    if (!(by_device ? provider.device_url : provider.authorize_url).empty()) return;
    if (!oauth2.flow) need(options, "oauth2_device_url or oauth2_authorize_url");
    need(options, by_device ? "oauth2_device_url" : "oauth2_authorize_url");
}

}  // namespace

void log_in_with_oauth2(const config::Repository& options, const Surroundings& surroundings,
                        const events::Reporter& reporter, const std::stop_token& stop) {
    const auto& oauth2 = options.imap().oauth2;
    const auto settings = connection_settings(options, surroundings);
    const auto provider = oauth2_provider(oauth2, settings.endpoint.host);
    const auto flow = flow_of(oauth2, provider);
    require_options(options, provider, flow);
    const auto file = oauth2.refresh_token_file->string();
    if (surroundings.general.dry_run) {
        return reporter(events::Information{"would log in for repository '" + options.name +
                                            "' and store its refresh token in '" + file + "'"});
    }
    const client::OAuth2Login login{
        .client = oauth2_client(options, surroundings, provider.token_url),
        .provider = provider,
        .user = user_of(options.imap(), surroundings.interpreter).value_or(""),
        .post = client::oauth2_post_over_https(surroundings.account.authproxy, settings.limit),
        .tell = [reporter](const std::string& text) { reporter(events::Information{text}); }};
    const auto grant = flow == config::OAuth2Flow::device ? client::log_in_by_device_code(login, stop)
                                                          : client::log_in_by_browser(login, stop);
    client::write_token_file(*oauth2.refresh_token_file, grant.refresh_token);
    reporter(events::Information{"Logged in; the refresh token of repository '" + options.name + "' is in '" +
                                 file + "'"});
}

}  // namespace offlineimap::repository
