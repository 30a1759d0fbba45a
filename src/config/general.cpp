#include <algorithm>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config/options.hpp"

#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

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
    options.ui = general.text_or("ui", "ttyui");
    options.ignore_readonly = general.flag("ignore-readonly", false);
    options.pythonfile = general.path("pythonfile", surroundings);
    // As in the original, nothing below 1 is a limit.
    options.socket_timeout =
        std::chrono::seconds(std::max(0, general.integer("socktimeout", 0, -kMost, kMost)));
    options.fsync = general.flag("fsync", true);
    options.dry_run = general.flag("dry-run", false);
    options.ignore_keyring = general.flag("ignore-keyring", false);
    options.update_keyring = general.flag("update-keyring", false);
    options.filename_use_mail_timestamp = general.flag("filename_use_mail_timestamp", false);
    options.utime_from_header = general.flag("utime_from_header", false);
    return options;
}

}  // namespace offlineimap::config
