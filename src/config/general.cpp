#include <algorithm>
#include <array>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config/options.hpp"

#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

constexpr std::array<std::string_view, 6> kUserInterfaces = {"ttyui",  "basic",     "quiet",
                                                             "syslog", "machineui", "blinkenlights"};
constexpr int kMost = 1'000'000;

std::vector<std::string> read_account_list(const SectionReader& general, std::vector<std::string>& notices) {
    std::vector<std::string> accounts;
    for (auto& name :
         parse_list(general.required_text("accounts", "the names of the accounts to synchronise"))) {
        if (std::find(accounts.begin(), accounts.end(), name) != accounts.end()) {
            notices.push_back(
                general.notice("accounts", "names account '" + name + "' twice; it is synchronised once"));
        } else {
            accounts.push_back(std::move(name));
        }
    }
    if (accounts.empty()) general.fail("accounts", "names no account");
    return accounts;
}

// "Curses.Blinkenlights" is how versions before 6.4 called blinkenlights.
std::string without_old_prefix(std::string_view name) {
    return base::to_lower(name.substr(name.rfind('.') + 1));
}

std::string read_ui(const SectionReader& general, std::vector<std::string>& notices) {
    const std::string written = general.text_or("ui", "ttyui");
    if (written.find('.') != std::string::npos) {
        const std::vector<std::string> names(kUserInterfaces.begin(), kUserInterfaces.end());
        notices.push_back(general.notice(
            "ui", "Using old interface name, consider using one of " + base::join(names, ", ")));
    }
    const auto wishes = parse_list(written);
    for (const auto& wish : wishes) {
        auto name = without_old_prefix(wish);
        if (std::find(kUserInterfaces.begin(), kUserInterfaces.end(), name) != kUserInterfaces.end())
            return name;
    }
    return wishes.empty() ? "ttyui" : without_old_prefix(wishes.front());
}

}  // namespace

General read_general(const Document& document, const Surroundings& surroundings) {
    const SectionReader general(document, "general");
    if (!document.has_section("general")) {
        general.fail("", "this section is missing; write it with 'accounts = NAME' in it");
    }
    General options;
    options.accounts = read_account_list(general, options.notices);
    options.metadata =
        general.path("metadata", surroundings).value_or(expand_path("~/.offlineimap", surroundings));
    options.max_sync_accounts = general.integer("maxsyncaccounts", 1, -kMost, kMost);
    if (options.max_sync_accounts < 1) {
        options.notices.push_back(general.notice("maxsyncaccounts", "is less than 1, using 1"));
        options.max_sync_accounts = 1;
    }
    options.ui = read_ui(general, options.notices);
    options.ignore_readonly = general.flag("ignore-readonly", false);
    options.pythonfile = general.path("pythonfile", surroundings);
    // As in the original, nothing below 1 is a limit.
    options.socket_timeout =
        std::chrono::seconds(std::max(0, general.integer("socktimeout", 0, -kMost, kMost)));
    options.fsync = general.flag("fsync", true);
    options.dry_run = general.flag("dry-run", false);
    options.filename_use_mail_timestamp = general.flag("filename_use_mail_timestamp", false);
    options.utime_from_header = general.flag("utime_from_header", false);
    return options;
}

}  // namespace offlineimap::config
