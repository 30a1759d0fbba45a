// What the options mean: typed values with the original's defaults, one struct a section kind (reference:
// configuration §4-§9). Values are read when asked for, section by section: an unused account may be as
// broken as it likes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "offlineimap/base/proxy.hpp"
#include "offlineimap/config/document.hpp"

namespace offlineimap::config {

enum class Switch { off, on };

// What can be written in auth_mechanisms, and the order in which they are tried when it is not: what needs no
// password first, then by strength.
inline constexpr std::array<std::string_view, 12> kAuthMechanisms = {"GSSAPI",
                                                                     "OAUTHBEARER",
                                                                     "XOAUTH2",
                                                                     "EXTERNAL",
                                                                     "SCRAM-SHA-256-PLUS",
                                                                     "SCRAM-SHA-256",
                                                                     "SCRAM-SHA-1-PLUS",
                                                                     "SCRAM-SHA-1",
                                                                     "CRAM-MD5",
                                                                     "DIGEST-MD5",
                                                                     "PLAIN",
                                                                     "LOGIN"};

// What path options are expanded with: first `~` and `~user`, then $VAR and ${VAR}; unknown ones stay as they
// are. A parameter, because this layer reads no environment.
struct Surroundings {
    std::string home;  // of the running user
    std::map<std::string, std::string, std::less<>> environment;
    std::map<std::string, std::string, std::less<>> homes_of_users;  // ~user
};
std::string expand_user(std::string_view path, const Surroundings& surroundings);
std::filesystem::path expand_path(std::string_view path, const Surroundings& surroundings);

struct General {
    std::vector<std::string> accounts;  // in order, both sides stripped, empties dropped
    std::filesystem::path metadata;     // default ~/.offlineimap
    int max_sync_accounts = 1;
    std::string ui = "ttyui";  // as written; choose_ui() reads it
    bool ignore_readonly = false;
    std::optional<std::filesystem::path> pythonfile;
    std::chrono::seconds socket_timeout{0};  // 0: not set
    bool fsync = true;
    bool dry_run = false;
    bool ignore_keyring = false;
    bool update_keyring = false;
    bool filename_use_mail_timestamp = false;
    bool utime_from_header = false;
    std::vector<std::string> notices;  // warnings to show once
};
General read_general(const Document& document, const Surroundings& surroundings);

// What `[general] ui` or -u asks for: of a comma-separated list the first that is among `usable` (lower
// case), else its first. Old dotted names ("Curses.Blinkenlights") mean what stands behind the dot.
struct UiChoice {
    std::string name;                   // lower case; empty if nothing is asked for
    std::optional<std::string> notice;  // the warning that old names get
};
UiChoice choose_ui(std::string_view written, const std::vector<std::string>& usable);

// Names of all `[Account NAME]` sections, in file order.
std::vector<std::string> account_names(const Document& document);

enum class StatusBackend { sqlite, plain };

// `maxage`: days (>= 1) or the day itself.
using MaxAge = std::variant<int, std::chrono::year_month_day>;

struct Account {
    std::string name;
    std::string local_repository;
    std::string remote_repository;
    double autorefresh_minutes = 0;  // 0: run once; never negative
    int quick = 0;                   // <0 always, 0 never, N: one full then N quick
    std::string presynchook;
    std::string postsynchook;
    int hooktimeout = 3600;  // seconds; 0: no limit
    std::optional<std::uint64_t> maxsize;
    std::optional<MaxAge> maxage;
    bool maildir_windows_compatible = false;
    bool synclabels = false;
    std::string labelsheader = "X-Keywords";
    std::vector<std::string> ignorelabels;
    std::vector<std::string> filterheaders;
    std::optional<base::Proxy> proxy;      // for connections to the server
    std::optional<base::Proxy> authproxy;  // for token requests: `proxy` unless written; empty: none
    bool utf8foldernames = false;
    std::optional<StatusBackend> status_backend;  // as written; nullopt: sqlite
    std::vector<std::string> notices;
};
Account read_account(const Document& document, std::string_view name);

enum class RepositoryType { imap, gmail, maildir, gmail_maildir };
enum class Role { remote, local };

struct MaildirOptions {
    std::filesystem::path localfolders;
    char separator = '.';
    bool restoreatime = false;
    bool utime_from_header = false;
    bool filename_use_mail_timestamp = false;
    // IMAP keyword of letter 'a' + i; empty: none.
    std::array<std::string, 26> customflags;
};

enum class AddressFamily { any, ipv4, ipv6 };
enum class StartTls { off, on };

// A value as written, or what Python makes of the option's _eval; the former counts.
struct OptionalValue {
    std::optional<std::string> text;
    std::optional<Expression> expression;
    bool is_written() const noexcept { return text || expression; }
};

enum class OAuth2Flow { browser, device };

// What the original has not got stands in the second half (docs/oauth2.md).
struct OAuth2Options {
    OptionalValue client_id;
    OptionalValue client_secret;
    OptionalValue access_token;
    OptionalValue refresh_token;
    std::optional<std::string> request_url;

    std::optional<std::filesystem::path> access_token_file;
    std::optional<std::string> access_token_command;
    std::optional<std::filesystem::path> refresh_token_file;
    std::optional<std::string> authorize_url;  // for --oauth2-login, as the following ones
    std::optional<std::string> device_url;
    std::optional<std::string> scope;
    std::optional<OAuth2Flow> flow;

    // Whether there is anything that a token could come from.
    bool has_token() const noexcept {
        return access_token.is_written() || access_token_file || access_token_command ||
               refresh_token.is_written() || refresh_token_file;
    }
};

struct ImapOptions {
    std::optional<std::string> remotehost;
    std::optional<Expression> remotehosteval;
    std::optional<std::uint16_t> remoteport;
    std::optional<Expression> remoteporteval;
    bool ssl = true;
    std::optional<bool> starttls;  // as written; nullopt: not written (then on)
    std::optional<std::filesystem::path> sslclientcert;
    std::optional<std::filesystem::path> sslclientkey;
    std::optional<std::string> sslcacertfile;    // expanded path, or "OS-DEFAULT"
    std::vector<std::string> cert_fingerprints;  // lower-case hex without colons
    std::string ssl_version;                     // empty: best common
    std::string tls_level = "tls_compat";
    AddressFamily family = AddressFamily::any;
    std::optional<std::string> remoteuser;
    std::optional<Expression> remoteusereval;
    std::optional<std::string> remote_identity;
    std::optional<std::vector<std::string>> auth_mechanisms;  // as written
    std::optional<std::string> remotepass;
    std::optional<std::filesystem::path> remotepassfile;
    std::optional<std::string> remotepasscmd;  // for the shell
    std::optional<Expression> remotepasseval;
    std::string preauthtunnel;
    std::string transporttunnel;
    std::string reference;  // empty: ""
    bool subscribedonly = false;
    int maxconnections = 1;
    bool holdconnectionopen = false;
    int keepalive = 0;
    std::optional<Expression> idlefolders;
    bool expunge = true;
    bool usecompression = false;
    bool decodefoldernames = false;
    int retrycount = 2;
    std::optional<Expression> copy_ignore_eval;
    std::optional<Expression> newmail_hook;
    OAuth2Options oauth2;
};

struct Repository {
    std::string name;
    RepositoryType type = RepositoryType::maildir;
    std::optional<Expression> nametrans;
    std::optional<Expression> folderfilter;
    std::optional<Expression> folderincludes;
    std::optional<Expression> foldersort;
    bool dynamic_folderfilter = false;
    bool createfolders = true;
    bool readonly = false;
    bool sync_deletes = true;
    std::optional<std::chrono::year_month_day> startdate;
    // -f: exactly these untranslated names; replaces folderfilter and folderincludes.
    std::optional<std::vector<std::string>> only_folders;
    std::variant<MaildirOptions, ImapOptions> kind;
    std::vector<std::string> notices;

    bool is_imap() const noexcept { return std::holds_alternative<ImapOptions>(kind); }
    const ImapOptions& imap() const { return std::get<ImapOptions>(kind); }
    const MaildirOptions& maildir() const { return std::get<MaildirOptions>(kind); }
};
// `account` is named in errors and gives account-wide defaults; `general` gives global ones. Checks that the
// type suits the role.
Repository read_repository(const Document& document, std::string_view name, Role role, const Account& account,
                           const General& general, const Surroundings& surroundings);

// Options that the program knows but cannot honour yet: one sentence each, naming file:line. A run that would
// have to ignore one of them must refuse instead.
std::vector<std::string> unsupported_options(const Document& document, const Account& account,
                                             const Repository& remote, const Repository& local);

// Options no version ever read at their place: warnings "FILE:LINE: [section] name is not an option here …"
// with the nearest known name. They do not stop a run and are never honoured.
std::vector<std::string> unknown_option_warnings(const Document& document,
                                                 const std::vector<std::string>& active_accounts);

struct Mbnames {
    bool enabled = false;
    std::filesystem::path filename;
    Expression header, separator, footer;
    Expression peritem;  // raw: a template of Python's % operator, neither evaluated nor interpolated
    std::optional<Expression> folderfilter;
    std::optional<Expression> sort_keyfunc;
    bool incremental = false;
};
// nullopt if there is no [mbnames] section.
std::optional<Mbnames> read_mbnames(const Document& document, const Surroundings& surroundings);

}  // namespace offlineimap::config
