#include <initializer_list>

#include "offlineimap/config/options.hpp"

#include "names.hpp"
#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

// Collects one sentence for each option of one section that has to be refused.
class Refusals {
  public:
    Refusals(const Document& document, std::string section, std::vector<std::string>& sentences)
        : section_(document, std::move(section)), sentences_(sentences) {}

    void add(std::string_view option, const std::string& text) {
        sentences_.push_back(section_.notice(option, text));
    }
    bool has(std::string_view option) const { return section_.text(option).has_value(); }

  private:
    SectionReader section_;
    std::vector<std::string>& sentences_;
};

void refuse_account_options(const Account& account, Refusals refusals) {
    if (account.synclabels) refusals.add("synclabels", "this version cannot synchronise Gmail labels");
}

void refuse_imap_options(const ImapOptions& options, Refusals& refusals) {
    if (options.idlefolders) {
        refusals.add("idlefolders", "this version cannot wait for new mail with IDLE; use autorefresh");
    }
}

void refuse_type(const Repository& repository, Role role, Refusals& refusals) {
    switch (repository.type) {
        case RepositoryType::imap:
            if (role == Role::local) {
                refusals.add("type", "this version cannot use IMAP as the local side; use Maildir");
            }
            break;
        case RepositoryType::gmail:
            refusals.add("type",
                         "this version does not know Gmail's own ways; use IMAP with "
                         "'remotehost = imap.gmail.com'");
            break;
        case RepositoryType::gmail_maildir:
            refusals.add("type", "this version cannot keep Gmail labels; use Maildir");
            break;
        case RepositoryType::maildir:
            break;
    }
}

void refuse_repository_options(const Document& document, const Repository& repository, Role role,
                               std::vector<std::string>& sentences) {
    const auto section = section_with_name(document, "Repository ", repository.name);
    Refusals refusals(document, section.value_or("Repository " + repository.name), sentences);
    refuse_type(repository, role, refusals);
    if (repository.is_imap()) refuse_imap_options(repository.imap(), refusals);
}

}  // namespace

std::vector<std::string> unsupported_options(const Document& document, const Account& account,
                                             const Repository& remote, const Repository& local) {
    std::vector<std::string> sentences;
    const auto section = section_with_name(document, "Account ", account.name);
    refuse_account_options(account,
                           Refusals(document, section.value_or("Account " + account.name), sentences));
    refuse_repository_options(document, remote, Role::remote, sentences);
    refuse_repository_options(document, local, Role::local, sentences);
    return sentences;
}

}  // namespace offlineimap::config
