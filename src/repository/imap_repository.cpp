// The remote side as an IMAP server.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/client/mailbox_name.hpp"
#include "offlineimap/client/pool.hpp"
#include "offlineimap/python/interpreter.hpp"
#include "offlineimap/repository/repository.hpp"

#include "connection_settings.hpp"
#include "imap_folder.hpp"

namespace offlineimap::repository {

namespace {

bool has_attribute(const client::ListedMailbox& mailbox, std::string_view attribute) {
    return std::any_of(mailbox.attributes.begin(), mailbox.attributes.end(),
                       [&](const std::string& own) { return base::equals_ignoring_case(own, attribute); });
}

bool can_be_selected(const client::ListedMailbox& mailbox) {
    return !has_attribute(mailbox, "\\Noselect") && !has_attribute(mailbox, "\\NonExistent");
}

class ImapRepository final : public RemoteRepository {
  public:
    ImapRepository(const config::Repository& options, const Surroundings& surroundings)
        : RemoteRepository(options, surroundings.interpreter),
          surroundings_(surroundings),
          form_(surroundings.account.utf8foldernames ? client::NameForm::utf8 : client::NameForm::as_sent),
          pool_(static_cast<std::size_t>(std::max(options.imap().maxconnections, 1)),
                [this](const events::Reporter& reporter, std::stop_token stop) {
                    return open_connection(reporter, std::move(stop));
                }) {
        if (options.imap().copy_ignore_eval) {
            copy_ignore_ = surroundings.interpreter.evaluate_function(*options.imap().copy_ignore_eval,
                                                                      python::Names::plain);
        }
        if (options.imap().newmail_hook) {
            new_mail_hook_ = surroundings.interpreter.evaluate_function(*options.imap().newmail_hook,
                                                                        python::Names::plain);
        }
    }

    std::string kind() const override { return "IMAP"; }
    char separator() const override { return separator_; }

    std::vector<FolderEntry> folders(const Context& context) override {
        try {
            return list_folders(context);
        } catch (const base::Error& error) {
            // A connection held open between rounds may have been closed by the server meanwhile.
            if (error.severity() != base::Severity::folder_retry) throw;
        }
        return list_folders(context);
    }

    bool create_folder(const base::FolderName& name, const Context& context) override {
        if (name.empty()) return false;
        const std::string full = below_reference(name.text());
        // RFC 3501 §6.3.3 lets a server make the ancestors by itself or not; asked for one by one they are
        // there on every server.
        for (std::size_t end = full.find(separator_); end != std::string::npos;
             end = full.find(separator_, end + 1)) {
            if (end != 0) create_one(full.substr(0, end), context);
        }
        create_one(full, context);
        // Perhaps as another one's ancestor.
        return surroundings_.general.dry_run || made_.contains(full);
    }

    void end_round(RoundEnd end) noexcept override {
        if (end == RoundEnd::failed || !options().imap().holdconnectionopen) pool_.drop_all();
        pool_.begin_round();
    }

    void keep_alive(const Context& context) noexcept override { pool_.keep_alive(context.stop); }

    std::unique_ptr<RemoteFolder> open_remote(const FolderEntry& folder, const Context&) override {
        ImapFolderSettings settings{.mailbox = mailbox_of(folder.name),
                                    .retrycount = options().imap().retrycount,
                                    .expunge = options().imap().expunge};
        return std::make_unique<ImapFolder>(folder,
                                            events::FolderEnd{options().name, kind(), folder.name.text()},
                                            std::move(settings), pool_);
    }

    ServerDescription describe(const Context& context) override {
        const auto lease = pool_.lease(context.reporter, context.stop);
        ServerDescription description{lease->greeting(), lease->capabilities()};
        if (const auto& personal = personal_namespace(*lease, context))
            description.personal = {personal->prefix, personal->delimiter};
        return description;
    }

    std::vector<base::Uid> never_copied(const FolderEntry& folder) override {
        std::vector<base::Uid> uids;
        if (!copy_ignore_) return uids;
        for (const auto number : copy_ignore_->call_numbers(folder.visible_name.text())) {
            if (const auto uid =
                    number > 0 ? base::Uid::make(static_cast<std::uint64_t>(number)) : std::nullopt)
                uids.push_back(*uid);
        }
        std::sort(uids.begin(), uids.end());
        return uids;
    }

    void call_new_mail_hook() override {
        if (new_mail_hook_)
            new_mail_hook_->call_with_variable("OIMAP_CHANGES", surroundings_.changes_file.string());
    }

    void delete_folder(const base::FolderName& name, const Context& context) override {
        pool_.lease(context.reporter, context.stop)->delete_mailbox(mailbox_of(name), context.stop);
    }

  private:
    std::vector<FolderEntry> list_folders(const Context& context) {
        auto lease = pool_.lease(context.reporter, context.stop);
        separator_ = find_separator(*lease, context);
        auto names = listed_names(*lease, context);
        add_includes(names, *lease, context);
        std::vector<FolderEntry> entries;
        entries.reserve(names.size());
        for (const auto& name : names) entries.push_back(entry(name));
        rules().sort(entries);
        return entries;
    }

    std::unique_ptr<client::Connection> open_connection(const events::Reporter& reporter,
                                                        std::stop_token stop) {
        {
            const std::lock_guard lock(settings_mutex_);
            if (!settings_) {
                auto settings = connection_settings(options(), surroundings_);
                credentials_ = credentials_for(options(), surroundings_, settings, stop);
                settings_ = std::move(settings);
            }
        }
        return client::Connection::open(*settings_, *credentials_, reporter, std::move(stop));
    }

    // RFC 2342: asked for once, and only by those who need it.
    const std::optional<client::PersonalNamespace>& personal_namespace(client::Connection& connection,
                                                                       const Context& context) {
        if (!std::exchange(knows_namespace_, true)) namespace_ = connection.personal_namespace(context.stop);
        return namespace_;
    }

    std::optional<char> listed_separator(client::Connection& connection, const char* pattern,
                                         const Context& context) const {
        for (const auto& mailbox :
             connection.list(options().imap().reference, pattern, false, context.stop)) {
            if (mailbox.delimiter) return mailbox.delimiter;
        }
        return std::nullopt;
    }

    // RFC 3501 §6.3.8: an empty pattern asks for the separator and the root of the reference only. A server
    // that says nothing there may say it of the namespace, or of its mailboxes. Throws Error{repository,
    // protocol} if nothing is listed at all.
    char find_separator(client::Connection& connection, const Context& context) {
        if (const auto root = listed_separator(connection, "", context)) return *root;
        if (const auto& personal = personal_namespace(connection, context); personal && personal->delimiter)
            return *personal->delimiter;
        if (const auto any = listed_separator(connection, "*", context)) return *any;
        // Going on would make every local folder anew on such a server.
        throw base::Error(
            base::Severity::repository, base::ErrorCode::protocol,
            "Server '" + options().name + "' returned no folders in '" + options().imap().reference + "'");
    }

    std::vector<base::FolderName> listed_names(client::Connection& connection, const Context& context) {
        std::vector<base::FolderName> names;
        listed_.clear();
        made_.clear();
        for (const auto& mailbox : connection.list(options().imap().reference, "*",
                                                   options().imap().subscribedonly, context.stop)) {
            if (!can_be_selected(mailbox)) continue;
            const auto name = client::folder_name(mailbox.name, form_);
            const auto [known, is_new] = listed_.emplace(name, mailbox.name);
            if (is_new) {
                names.push_back(name);
            } else if (known->second != mailbox.name) {
                report_same_name(name, known->second, mailbox.name, context);
            }
        }
        return names;
    }

    // Two spellings that only decoding makes alike, which RFC 3501 §5.1.3 forbids a server to have.
    void report_same_name(const base::FolderName& name, const base::MailboxName& first,
                          const base::MailboxName& second, const Context& context) const {
        context.reporter(events::ErrorOccurred{
            "", "Server '" + options().name + "' has two mailboxes, '" + base::printable(first.text()) +
                    "' and '" + base::printable(second.text()) + "', whose names both mean '" + name.text() +
                    "'; the second is not synced. Rename one of them on the server."});
    }

    // A mailbox is asked for by the very name that the server gave it: encoding it anew may give another.
    base::MailboxName mailbox_of(const base::FolderName& name) const {
        const auto known = listed_.find(name);
        return known == listed_.end() ? client::mailbox_name(name, form_) : known->second;
    }

    // Each folderinclude is tried; one that cannot be opened is reported, and the others go on.
    void add_includes(std::vector<base::FolderName>& names, client::Connection& connection,
                      const Context& context) const {
        for (const auto& include : rules().includes()) {
            const base::FolderName name(include);
            try {
                connection.select(mailbox_of(name), client::Access::read_only, context.stop);
                add_once(names, name);
            } catch (const base::Error& error) {
                if (error.severity() != base::Severity::folder) throw;
                context.reporter(events::ErrorOccurred{"Invalid folderinclude:", error.what()});
            }
        }
    }

    static void add_once(std::vector<base::FolderName>& names, base::FolderName name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }

    // Differs from OfflineIMAP, which makes "Mail/Mail/New" of "Mail/New" with `reference = Mail`.
    std::string below_reference(const std::string& name) const {
        const auto& reference = options().imap().reference;
        if (reference.empty() || name == reference) return name;
        const std::string prefix = reference.back() == separator_ ? reference : reference + separator_;
        return name.starts_with(prefix) ? name : prefix + name;
    }

    void create_one(const std::string& name, const Context& context) {
        if (surroundings_.general.dry_run) {
            // What the server lists, or another folder's ancestor is, would not be made again.
            if (!listed_.contains(base::FolderName(name)) && made_.insert(name).second)
                context.reporter(events::CreatingFolder{name, options().name, events::Run::dry});
            return;
        }
        auto lease = pool_.lease(context.reporter, context.stop);
        if (lease->create(client::mailbox_name(base::FolderName(name), form_), context.stop)) {
            made_.insert(name);
            context.reporter(events::CreatingFolder{name, options().name, events::Run::real});
        }
    }

    Surroundings surroundings_;
    client::NameForm form_;
    std::optional<python::Function> copy_ignore_;
    std::optional<python::Function> new_mail_hook_;
    char separator_ = '/';
    bool knows_namespace_ = false;
    std::optional<client::PersonalNamespace> namespace_;
    // What was made since the last list, by full name; in a dry run, what would have been.
    std::set<std::string> made_;
    // What the server calls the folders of its last list. Changes in folders() only.
    std::map<base::FolderName, base::MailboxName> listed_;
    // Guards settings_ and credentials_ while they are made; afterwards they never change.
    std::mutex settings_mutex_;
    std::optional<client::ConnectionSettings> settings_;
    std::unique_ptr<client::Credentials> credentials_;
    client::Pool pool_;
};

}  // namespace

std::unique_ptr<RemoteRepository> make_remote_repository(const config::Repository& options,
                                                         const Surroundings& surroundings) {
    return std::make_unique<ImapRepository>(options, surroundings);
}

}  // namespace offlineimap::repository
