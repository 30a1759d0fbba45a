#include <algorithm>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config/options.hpp"

#include "names.hpp"
#include "proxy.hpp"
#include "python_numbers.hpp"
#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

constexpr std::string_view kPrefix = "Account ";
constexpr int kMost = 1'000'000'000;

double read_autorefresh(const Document& document, const SectionReader& section, Account& account) {
    // A hundred years: what is longer does not fit into every clock.
    constexpr double kLongest = 100.0 * 366 * 24 * 60;
    const double minutes = document.get_float(section.section(), "autorefresh").value_or(0);
    if (minutes < 0) {
        account.notices.push_back("autorefresh for " + account.name + " is negative, fixing it to 0.");
        return 0;
    }
    if (minutes > kLongest) section.fail("autorefresh", "is longer than a hundred years");
    return minutes;
}

std::optional<std::uint64_t> read_maxsize(const Document& document, const SectionReader& section) {
    const auto bytes = document.get_int(section.section(), "maxsize");
    if (!bytes) return std::nullopt;
    if (*bytes < 1) section.fail("maxsize", "must be at least 1 (bytes); remove the option for no limit");
    return static_cast<std::uint64_t>(*bytes);
}

std::optional<MaxAge> read_maxage(const SectionReader& section) {
    if (!section.has("maxage")) return std::nullopt;
    const std::string value = section.text_or("maxage", "");
    if (const auto date = parse_date(value)) return *date;
    const auto digits = without_python_decoration(value);
    const auto days = digits ? base::parse_integer<int>(*digits) : std::nullopt;
    if (days && *days >= 1) return *days;
    section.fail("maxage", "invalid maxage value '" + base::printable(value) +
                               "': write a number of days (at least 1) or a day as YYYY-MM-DD");
}

// OfflineIMAP 8.x refuses the account for the option alone, whatever its value.
std::optional<StatusBackend> read_status_backend(const SectionReader& section,
                                                 std::vector<std::string>& notices) {
    if (!section.has("status_backend")) return std::nullopt;
    const std::string value = base::to_lower(section.text_or("status_backend", ""));
    if (value == "sqlite") {
        notices.push_back(section.notice(
            "status_backend",
            "'sqlite' is what every account has; OfflineIMAP 8.x refuses the option: remove it"));
        return StatusBackend::sqlite;
    }
    if (value == "plain") {
        notices.push_back(
            section.notice("status_backend",
                           "'plain' keeps the status as text, which OfflineIMAP 8.x does not read; "
                           "without the option it is moved to SQLite"));
        return StatusBackend::plain;
    }
    section.fail("status_backend", "'" + base::printable(value) + "' is unknown: write one of sqlite, plain");
}

// Differs from OfflineIMAP, which warns of a value that it cannot read and connects without any proxy.
std::optional<base::Proxy> read_proxy(const SectionReader& section, std::string_view option) {
    const auto value = section.text(option);
    if (!value) return std::nullopt;
    auto proxy = parse_proxy(*value);
    if (!proxy) section.fail(option, proxy.error());
    return *std::move(proxy);
}

}  // namespace

std::vector<std::string> account_names(const Document& document) {
    std::vector<std::string> names;
    for (const auto& section : document.sections()) {
        if (section.starts_with(kPrefix)) names.emplace_back(base::trim(section.substr(kPrefix.size())));
    }
    return names;
}

std::optional<std::string> section_with_name(const Document& document, std::string_view prefix,
                                             std::string_view name) {
    std::string exact = std::string(prefix) + std::string(name);
    if (document.has_section(exact)) return exact;
    for (auto& section : document.sections()) {
        if (section.starts_with(prefix) && base::trim(section.substr(prefix.size())) == base::trim(name)) {
            return std::move(section);
        }
    }
    return std::nullopt;
}

void check_name(const SectionReader& section, std::string_view kind, std::string_view name) {
    if (name.empty()) section.fail("", "the " + std::string(kind) + " has no name");
    if (name.find('/') != std::string_view::npos) {
        section.fail("", "the name of the " + std::string(kind) +
                             " becomes part of file names, so it must not contain '/'");
    }
}

Account read_account(const Document& document, std::string_view name) {
    const auto section_name = section_with_name(document, kPrefix, name);
    if (!section_name) {
        throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                          "The account '" + base::printable(name) + "' does not exist");
    }
    const SectionReader section(document, *section_name);
    check_name(section, "account", name);
    if (name == "general") section.fail("", "an account cannot be called 'general'; choose another name");

    Account account;
    account.name = name;
    account.local_repository =
        section.required_text("localrepository", "the name of a [Repository …] section");
    account.remote_repository =
        section.required_text("remoterepository", "the name of a [Repository …] section");
    account.autorefresh_minutes = read_autorefresh(document, section, account);
    account.quick = section.integer("quick", 0, -kMost, kMost);
    account.presynchook = section.text_or("presynchook", "");
    account.postsynchook = section.text_or("postsynchook", "");
    account.hooktimeout = section.integer("hooktimeout", account.hooktimeout, 0, kMost);
    account.maxsize = read_maxsize(document, section);
    account.maxage = read_maxage(section);
    account.maildir_windows_compatible = section.flag("maildir-windows-compatible", false);
    account.synclabels = section.flag("synclabels", false);
    account.labelsheader = section.text_or("labelsheader", "X-Keywords");
    account.ignorelabels = section.list("ignorelabels");
    account.filterheaders = section.list("filterheaders");
    account.proxy = read_proxy(section, "proxy");
    // An empty authproxy has a meaning of its own: no proxy.
    account.authproxy = section.has("authproxy") ? read_proxy(section, "authproxy") : account.proxy;
    account.utf8foldernames = section.flag("utf8foldernames", false);
    account.status_backend = read_status_backend(section, account.notices);
    return account;
}

}  // namespace offlineimap::config
