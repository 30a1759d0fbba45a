#include <array>

#include "offlineimap/base/text.hpp"
#include "offlineimap/config/options.hpp"

#include "imap_options.hpp"
#include "names.hpp"
#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

constexpr std::string_view kPrefix = "Repository ";

struct TypeName {
    std::string_view name;
    RepositoryType type;
    bool remote;  // may stand on the remote side
    bool local;
};
constexpr std::array<TypeName, 4> kTypes = {{
    {"IMAP", RepositoryType::imap, true, true},
    {"Gmail", RepositoryType::gmail, true, false},
    {"Maildir", RepositoryType::maildir, false, true},
    {"GmailMaildir", RepositoryType::gmail_maildir, false, true},
}};

std::string names_of_role(Role role) {
    std::vector<std::string> names;
    for (const auto& type : kTypes) {
        if (role == Role::remote ? type.remote : type.local) names.emplace_back(type.name);
    }
    return base::join(names, ", ");
}

RepositoryType read_type(const SectionReader& section, Role role) {
    const std::string name = section.required_text("type", "one of " + names_of_role(role));
    for (const auto& type : kTypes) {
        if (type.name == name && (role == Role::remote ? type.remote : type.local)) return type.type;
    }
    const std::string side = role == Role::remote ? "remote" : "local";
    section.fail("type", "'" + base::printable(name) + "' repository not supported for '" + side +
                             "' repositories. Write one of " + names_of_role(role));
}

std::string read_repository_section(const Document& document, std::string_view name, const Account& account) {
    if (auto section = section_with_name(document, kPrefix, name)) return std::move(*section);
    throw base::Error(base::Severity::repository, base::ErrorCode::configuration,
                      "Could not find section 'Repository " + base::printable(name) +
                          "' in configuration. Required for account '" + account.name + "'.");
}

char read_separator(const SectionReader& section) {
    const std::string separator(base::trim(section.text_or("sep", ".")));
    const bool one_visible_character = separator.size() == 1 && separator[0] > ' ' && separator[0] < '\x7f';
    if (!one_visible_character) {
        section.fail("sep",
                     "'" + base::printable(separator) + "' is not one ASCII character (write no quotes)");
    }
    return separator[0];
}

MaildirOptions read_maildir_options(const SectionReader& section, const General& general,
                                    const Surroundings& surroundings) {
    MaildirOptions options;
    options.localfolders =
        expand_path(section.required_text("localfolders", "the directory of the mail folders"), surroundings);
    options.separator = read_separator(section);
    options.restoreatime = section.flag("restoreatime", false);
    options.utime_from_header = section.flag("utime_from_header", general.utime_from_header);
    options.filename_use_mail_timestamp =
        section.flag("filename_use_mail_timestamp", general.filename_use_mail_timestamp);
    for (std::size_t i = 0; i < options.customflags.size(); ++i) {
        const std::string option = std::string("customflag_") + static_cast<char>('a' + static_cast<char>(i));
        options.customflags[i] = section.text_or(option, "");
    }
    return options;
}

bool is_imap_type(RepositoryType type) noexcept {
    return type == RepositoryType::imap || type == RepositoryType::gmail;
}

}  // namespace

Repository read_repository(const Document& document, std::string_view name, Role role, const Account& account,
                           const General& general, const Surroundings& surroundings) {
    const SectionReader section(document, read_repository_section(document, name, account));
    check_name(section, "repository", name);

    Repository repository;
    repository.name = name;
    repository.type = read_type(section, role);
    repository.nametrans = section.expression("nametrans");
    repository.folderfilter = section.expression("folderfilter");
    repository.folderincludes = section.expression("folderincludes");
    repository.foldersort = section.expression("foldersort");
    repository.dynamic_folderfilter = section.flag("dynamic_folderfilter", false);
    repository.createfolders = section.flag("createfolders", true);
    repository.readonly = section.flag("readonly", false);
    repository.sync_deletes = section.flag("sync_deletes", true);
    repository.startdate = section.date("startdate");
    if (is_imap_type(repository.type)) {
        repository.kind = read_imap_options(document, section, account, surroundings, repository);
    } else {
        repository.kind = read_maildir_options(section, general, surroundings);
    }
    return repository;
}

}  // namespace offlineimap::config
