// The local side as a tree of Maildir folders.
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "offlineimap/maildir/change_list.hpp"
#include "offlineimap/maildir/tree.hpp"
#include "offlineimap/repository/repository.hpp"

#include "maildir_folder.hpp"

namespace offlineimap::repository {

namespace {

class MaildirRepository final : public LocalRepository {
  public:
    MaildirRepository(const config::Repository& options, const Surroundings& surroundings)
        : LocalRepository(options, surroundings.interpreter),
          dry_run_(surroundings.general.dry_run),
          fsync_(surroundings.general.fsync),
          info_separator_(surroundings.account.maildir_windows_compatible ? mail::InfoSeparator::exclamation
                                                                          : mail::InfoSeparator::colon),
          dropped_headers_(surroundings.account.filterheaders),
          tree_(options.maildir().localfolders, options.maildir().separator) {
        if (!surroundings.changes_file.empty()) changes_.emplace(surroundings.changes_file);
    }

    std::string kind() const override { return "Maildir"; }
    char separator() const override { return options().maildir().separator; }
    std::string root() const override { return options().maildir().localfolders.string(); }

    std::vector<FolderEntry> folders(const Context&) override {
        std::error_code ignored;
        if (dry_run_ && !std::filesystem::exists(options().maildir().localfolders, ignored)) return {};
        if (!dry_run_) tree_.make_root();
        std::vector<FolderEntry> entries;
        for (const auto& name : tree_.folders()) {
            entries.push_back(entry(name));
            if (options().maildir().restoreatime) access_times_.note(tree_.path_of(name));
        }
        return entries;
    }

    bool create_folder(const base::FolderName& name, const Context& context) override {
        tree_.require_safe(name);
        context.reporter(events::CreatingFolder{name.text(), options().name,
                                                dry_run_ ? events::Run::dry : events::Run::real});
        if (!dry_run_) make_folder(name);
        return true;
    }

    void require_safe(const base::FolderName& name) const override { tree_.require_safe(name); }
    std::optional<DirectoryIdentity> directory(const base::FolderName& name) const override {
        return tree_.directory(name);
    }

    void end_round(RoundEnd) noexcept override {}
    void keep_alive(const Context&) noexcept override {}
    void restore_access_times() noexcept override { access_times_.restore(); }
    void begin_changes() override {
        if (changes_) changes_->begin();
    }
    void forget_changes() override {
        if (changes_) changes_->forget();
    }

    std::unique_ptr<LocalFolder> open_local(const FolderEntry& folder, const Context&) override {
        tree_.require_safe(folder.name);
        const auto& maildir = options().maildir();
        MaildirFolderSettings settings{
            .store = {.path = tree_.path_of(folder.name),
                      .folder_md5 = maildir::folder_md5(folder.visible_name),
                      .separator = info_separator_,
                      .fsync = fsync_,
                      .utime_from_header = maildir.utime_from_header,
                      .filename_use_mail_timestamp = maildir.filename_use_mail_timestamp,
                      .sweep_tmp = !dry_run_,
                      .changes = changes_ ? &*changes_ : nullptr},
            .dropped_headers = dropped_headers_,
            .keyword_of_letter = maildir.customflags,
            .may_be_missing = dry_run_};
        return std::make_unique<MaildirFolder>(
            folder, events::FolderEnd{options().name, kind(), folder.name.text()}, std::move(settings));
    }

  private:
    void make_folder(const base::FolderName& name) const {
        const maildir::Change change{maildir::Change::Kind::folder, tree_.path_of(name)};
        if (changes_) changes_->add(std::span(&change, 1));
        tree_.make_folder(name);
    }

    bool dry_run_;
    bool fsync_;
    mail::InfoSeparator info_separator_;
    std::vector<std::string> dropped_headers_;
    maildir::Tree tree_;
    maildir::AccessTimes access_times_;
    std::optional<maildir::ChangeList> changes_;
};

}  // namespace

std::unique_ptr<LocalRepository> make_local_repository(const config::Repository& options,
                                                       const Surroundings& surroundings) {
    return std::make_unique<MaildirRepository>(options, surroundings);
}

}  // namespace offlineimap::repository
