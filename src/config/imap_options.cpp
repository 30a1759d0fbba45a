#include "imap_options.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "offlineimap/base/text.hpp"

namespace offlineimap::config {

namespace {

constexpr int kMost = 1'000'000;
constexpr int kIdleKeepalive = 29 * 60;  // RFC 2177 §3: IDLE is renewed at least every 29 minutes

constexpr std::array<std::string_view, 3> kTlsLevels = {"tls_secure", "tls_no_ssl", "tls_compat"};
constexpr std::array<std::string_view, 2> kSecureVersions = {"tls1_1", "tls1_2"};
constexpr std::array<std::string_view, 3> kNoSslVersions = {"tls1", "tls1_1", "tls1_2"};
constexpr std::array<std::string_view, 5> kVersions = {"ssl23", "tls1", "tls1_1", "tls1_2", "ssl3"};

std::span<const std::string_view> versions_of_level(std::string_view level) {
    if (level == "tls_secure") return kSecureVersions;
    if (level == "tls_no_ssl") return kNoSslVersions;
    return kVersions;
}

int at_least_one(const SectionReader& section, std::string_view option, int fallback,
                 Repository& repository) {
    const int number = section.integer(option, fallback, -kMost, kMost);
    if (number >= 1) return number;
    repository.notices.push_back(section.notice(option, "is less than 1, using 1"));
    return 1;
}

// preauth tunnel, transport tunnel, or neither.
void read_tunnels(const SectionReader& section, const Repository& repository, ImapOptions& options) {
    // The original's Gmail knows no preauthtunnel.
    if (repository.type != RepositoryType::gmail)
        options.preauthtunnel = section.text_or("preauthtunnel", "");
    options.transporttunnel = section.text_or("transporttunnel", "");
    if (!options.preauthtunnel.empty() && !options.transporttunnel.empty()) {
        section.fail("preauthtunnel",
                     repository.name +
                         ": you must enable precisely one type of tunnel (preauth or transport), "
                         "not both");
    }
}

void read_server(const Document& document, const SectionReader& section, const Repository& repository,
                 ImapOptions& options) {
    const bool gmail = repository.type == RepositoryType::gmail;
    read_tunnels(section, repository, options);
    options.remotehost = section.text("remotehost");
    options.remotehosteval = section.expression("remotehosteval");
    if (!options.remotehost && gmail) options.remotehost = "imap.gmail.com";
    const bool tunnel = !options.preauthtunnel.empty() || !options.transporttunnel.empty();
    if (!options.remotehost && !options.remotehosteval && !tunnel) {
        section.fail("remotehost", "No remote host for repository '" + repository.name + "' specified.");
    }
    if (section.has("remoteport")) {
        options.remoteport = static_cast<std::uint16_t>(
            section.integer("remoteport", 0, 1, std::numeric_limits<std::uint16_t>::max()));
    } else if (gmail) {
        options.remoteport = std::uint16_t{993};
    }
    options.remoteporteval = section.expression("remoteporteval");
    if (const auto ipv6 = document.get_bool(section.section(), "ipv6")) {
        options.family = *ipv6 ? AddressFamily::ipv6 : AddressFamily::ipv4;
    }
}

// Users write fingerprints as other programs print them: "AB:CD:…".
std::vector<std::string> read_fingerprints(const SectionReader& section) {
    auto fingerprints = section.list("cert_fingerprint");
    for (auto& fingerprint : fingerprints) {
        fingerprint = base::to_lower(fingerprint);
        std::erase(fingerprint, ':');
    }
    return fingerprints;
}

void check_tls_version(const SectionReader& section, const ImapOptions& options) {
    if (options.ssl && options.tls_level != "tls_compat" && options.ssl_version.empty()) {
        section.fail("tls_level",
                     "When 'tls_level' is not 'tls_compat' the 'ssl_version' must be set explicitly.");
    }
    const auto allowed = versions_of_level(options.tls_level);
    if (options.ssl_version.empty() ||
        std::find(allowed.begin(), allowed.end(), options.ssl_version) != allowed.end()) {
        return;
    }
    const std::vector<std::string> names(allowed.begin(), allowed.end());
    section.fail("ssl_version", "'" + options.ssl_version + "' is not allowed with tls_level '" +
                                    options.tls_level + "': write one of " + base::join(names, ", "));
}

void read_tls(const Document& document, const SectionReader& section, const Surroundings& surroundings,
              ImapOptions& options) {
    options.ssl = section.flag("ssl", true);
    options.starttls = document.get_bool(section.section(), "starttls");
    options.sslclientcert = section.path("sslclientcert", surroundings);
    options.sslclientkey = section.path("sslclientkey", surroundings);
    options.sslcacertfile = section.text("sslcacertfile");
    if (options.sslcacertfile && *options.sslcacertfile != "OS-DEFAULT") {
        options.sslcacertfile = expand_path(*options.sslcacertfile, surroundings).string();
    }
    options.cert_fingerprints = read_fingerprints(section);
    options.tls_level = section.choice("tls_level", "tls_compat", kTlsLevels);
    options.ssl_version = section.choice("ssl_version", "", kVersions);
    check_tls_version(section, options);
}

std::optional<std::vector<std::string>> read_mechanisms(const SectionReader& section,
                                                        const Repository& repository) {
    if (!section.text("auth_mechanisms")) return std::nullopt;
    auto mechanisms = section.list("auth_mechanisms");
    for (const auto& mechanism : mechanisms) {
        if (std::find(kAuthMechanisms.begin(), kAuthMechanisms.end(), mechanism) != kAuthMechanisms.end())
            continue;
        const std::vector<std::string> names(kAuthMechanisms.begin(), kAuthMechanisms.end());
        section.fail("auth_mechanisms", "Repository " + repository.name +
                                            ": unknown authentication mechanism '" +
                                            base::printable(mechanism) + "': write any of " +
                                            base::join(names, ", ") + " (in capitals)");
    }
    return mechanisms;
}

OptionalValue read_value(const SectionReader& section, std::string_view option, std::string_view evaluated) {
    return {.text = section.text(option), .expression = section.expression(evaluated)};
}

// Tokens and secrets go nowhere without TLS.
std::optional<std::string> read_https_url(const SectionReader& section, std::string_view option) {
    auto url = section.text(option);
    if (url && !base::starts_with_ignoring_case(*url, "https://"))
        section.fail(option, "'" + base::printable(*url) + "' is no https:// address");
    return url;
}

std::optional<std::filesystem::path> read_user_path(const SectionReader& section, std::string_view option,
                                                    const Surroundings& surroundings) {
    const auto file = section.text(option);
    if (!file) return std::nullopt;
    return expand_user(*file, surroundings);
}

std::optional<OAuth2Flow> read_flow(const SectionReader& section) {
    static constexpr std::array<std::string_view, 2> kFlows = {"browser", "device"};
    const auto flow = section.choice("oauth2_flow", "", kFlows);
    if (flow.empty()) return std::nullopt;
    return flow == "device" ? OAuth2Flow::device : OAuth2Flow::browser;
}

OAuth2Options read_oauth2(const SectionReader& section, const Surroundings& surroundings) {
    return {.client_id = read_value(section, "oauth2_client_id", "oauth2_client_id_eval"),
            .client_secret = read_value(section, "oauth2_client_secret", "oauth2_client_secret_eval"),
            .access_token = read_value(section, "oauth2_access_token", "oauth2_access_token_eval"),
            .refresh_token = read_value(section, "oauth2_refresh_token", "oauth2_refresh_token_eval"),
            .request_url = read_https_url(section, "oauth2_request_url"),
            .access_token_file = read_user_path(section, "oauth2_access_token_file", surroundings),
            .access_token_command = section.text("oauth2_access_token_command"),
            .refresh_token_file = read_user_path(section, "oauth2_refresh_token_file", surroundings),
            .authorize_url = read_https_url(section, "oauth2_authorize_url"),
            .device_url = read_https_url(section, "oauth2_device_url"),
            .scope = section.text("oauth2_scope"),
            .flow = read_flow(section)};
}

void read_credentials(const SectionReader& section, const Surroundings& surroundings,
                      const Repository& repository, ImapOptions& options) {
    options.remoteuser = section.text("remoteuser");
    options.remoteusereval = section.expression("remoteusereval");
    options.remote_identity = section.text("remote_identity");
    options.auth_mechanisms = read_mechanisms(section, repository);
    options.remotepass = section.text("remotepass");
    // The original expands no $VAR here.
    options.remotepassfile = read_user_path(section, "remotepassfile", surroundings);
    options.remotepasscmd = section.text("remotepasscmd");
    options.remotepasseval = section.expression("remotepasseval");
    options.oauth2 = read_oauth2(section, surroundings);
}

// An empty list, which can be told without Python, means the same as no option.
std::optional<Expression> read_idlefolders(const SectionReader& section) {
    auto expression = section.expression("idlefolders");
    if (!expression) return std::nullopt;
    std::string bare = expression->text;
    std::erase_if(bare, base::is_ascii_space);
    if (bare == "[]") return std::nullopt;
    return expression;
}

void read_connections(const SectionReader& section, ImapOptions& options, Repository& repository) {
    options.maxconnections = at_least_one(section, "maxconnections", 1, repository);
    options.idlefolders = read_idlefolders(section);
    const bool idle = options.idlefolders.has_value();
    if (!section.flag("singlethreadperfolder", true)) {
        repository.notices.push_back(
            section.notice("singlethreadperfolder",
                           "'no' has no effect: a folder's messages come over one connection, many at a "
                           "time"));
    }
    options.holdconnectionopen = section.flag("holdconnectionopen", false) || idle;
    options.keepalive = std::max(0, section.integer("keepalive", idle ? kIdleKeepalive : 0, -kMost, kMost));
    options.usecompression = section.flag("usecompression", false);
}

std::string read_reference(const SectionReader& section) {
    const std::string reference = section.text_or("reference", "");
    // The original's default is the IMAP string itself, with its quotes.
    return reference == "\"\"" ? "" : reference;
}

void read_folder_names(const SectionReader& section, const Account& account, ImapOptions& options,
                       Repository& repository) {
    options.reference = read_reference(section);
    options.subscribedonly = section.flag("subscribedonly", false);
    options.decodefoldernames = section.flag("decodefoldernames", false);
    if (!options.decodefoldernames) return;
    if (account.utf8foldernames) {
        section.fail("decodefoldernames",
                     "Configuration mismatch in account '" + account.name +
                         "'. Both 'utf8foldernames' and 'decodefoldernames' are on; remove "
                         "decodefoldernames, the deprecated one");
    }
    repository.notices.push_back(section.notice(
        "decodefoldernames", "is deprecated; use utf8foldernames in [Account " + account.name + "]"));
}

}  // namespace

ImapOptions read_imap_options(const Document& document, const SectionReader& section, const Account& account,
                              const Surroundings& surroundings, Repository& repository) {
    ImapOptions options;
    read_server(document, section, repository, options);
    read_tls(document, section, surroundings, options);
    read_credentials(section, surroundings, repository, options);
    read_connections(section, options, repository);
    read_folder_names(section, account, options, repository);
    options.expunge = section.flag("expunge", true);
    options.retrycount = at_least_one(section, "retrycount", 2, repository);
    options.copy_ignore_eval = section.expression("copy_ignore_eval");
    options.newmail_hook = section.expression("newmail_hook");
    for (const std::string_view option : {"trashfolder", "spamfolder"}) {
        if (section.has(option))
            repository.notices.push_back(
                section.notice(option, "has no effect, nor has it had any in OfflineIMAP since 7.0"));
    }
    if (section.has("sep")) {
        repository.notices.push_back("The 'sep' setting is being ignored for IMAP repository '" +
                                     repository.name + "' (it's autodetected)");
    }
    return options;
}

}  // namespace offlineimap::config
