#include "oauth2_sources.hpp"

#include <utility>

#include "offlineimap/client/secret_command.hpp"
#include "offlineimap/python/interpreter.hpp"

namespace offlineimap::repository {

namespace {

using Ask = std::function<std::optional<base::Secret>()>;

base::Secret without_newlines(const std::string& text) {
    const auto first = text.find_first_not_of("\r\n");
    if (first == std::string::npos) return base::Secret();
    return base::Secret(text.substr(first, text.find_last_not_of("\r\n") - first + 1));
}

// Empty if nothing is written. The value in the configuration counts before its _eval.
Ask value_of(const config::OptionalValue& value, python::Interpreter& interpreter) {
    if (value.text) return [text = without_newlines(*value.text)] { return std::optional(text); };
    if (!value.expression) return {};
    return [&interpreter, expression = *value.expression]() -> std::optional<base::Secret> {
        const auto text = interpreter.evaluate_text(expression, python::Names::plain);
        if (!text) return std::nullopt;
        return without_newlines(*text);
    };
}

std::vector<client::OAuth2Sources::AccessToken> access_tokens(const config::Repository& options,
                                                              python::Interpreter& interpreter,
                                                              std::chrono::milliseconds limit) {
    const auto& oauth2 = options.imap().oauth2;
    std::vector<client::OAuth2Sources::AccessToken> tokens;
    if (auto ask = value_of(oauth2.access_token, interpreter)) {
        tokens.push_back({.ask = [ask = std::move(ask)](const std::stop_token&) { return ask(); },
                          .renewable = !oauth2.access_token.text});
    }
    if (oauth2.access_token_file) {
        tokens.push_back({.ask =
                              [path = *oauth2.access_token_file](const std::stop_token&) {
                                  return client::read_token_file(path, "oauth2_access_token_file");
                              },
                          .renewable = true});
    }
    if (oauth2.access_token_command) {
        tokens.push_back(
            {.ask = [command = client::SecretCommand{.command = *oauth2.access_token_command,
                                                     .option = "oauth2_access_token_command",
                                                     .repository = options.name,
                                                     .limit = limit}](
                        const std::stop_token& stop) { return client::run_secret_command(command, stop); },
             .renewable = true});
    }
    return tokens;
}

}  // namespace

client::OAuth2Provider oauth2_provider(const config::OAuth2Options& oauth2, const std::string& mail_host) {
    auto provider = client::known_oauth2_provider(mail_host, oauth2.request_url.value_or(""));
    if (oauth2.authorize_url) provider.authorize_url = *oauth2.authorize_url;
    if (oauth2.device_url) provider.device_url = *oauth2.device_url;
    if (oauth2.scope) provider.scope = *oauth2.scope;
    return provider;
}

client::OAuth2Client oauth2_client(const config::Repository& options, const Surroundings& surroundings,
                                   const std::string& token_url) {
    const auto& oauth2 = options.imap().oauth2;
    return {.repository = options.name,
            .account = surroundings.account.name,
            .token_url = token_url,
            .id = value_of(oauth2.client_id, surroundings.interpreter),
            .secret = value_of(oauth2.client_secret, surroundings.interpreter)};
}

std::shared_ptr<client::BearerTokens> bearer_tokens(const config::Repository& options,
                                                    const Surroundings& surroundings,
                                                    const client::ConnectionSettings& settings) {
    const auto& oauth2 = options.imap().oauth2;
    if (!oauth2.has_token()) return nullptr;
    const auto provider = oauth2_provider(oauth2, settings.endpoint.host);
    client::OAuth2Sources sources{
        .client = oauth2_client(options, surroundings, provider.token_url),
        .access_tokens = access_tokens(options, surroundings.interpreter, settings.limit),
        .refresh_token = value_of(oauth2.refresh_token, surroundings.interpreter),
        .refresh_token_file = oauth2.refresh_token_file,
        .post = client::oauth2_post_over_https(surroundings.account.authproxy, settings.limit)};
    return std::make_shared<client::OAuth2Tokens>(
        std::move(sources), events::Reporter(surroundings.sink, "Account sync " + surroundings.account.name));
}

}  // namespace offlineimap::repository
