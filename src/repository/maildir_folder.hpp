// The local side as a Maildir folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "offlineimap/config/options.hpp"
#include "offlineimap/maildir/folder.hpp"
#include "offlineimap/repository/folder.hpp"

namespace offlineimap::repository {

struct MaildirFolderSettings {
    maildir::FolderSettings store;
    std::vector<std::string> dropped_headers;       // `filterheaders`
    std::array<std::string, 26> keyword_of_letter;  // `customflag_x`
    // A dry run may look at a folder that it would have made: it is empty.
    bool may_be_missing = false;
};

class MaildirFolder final : public LocalFolder {
  public:
    MaildirFolder(FolderEntry entry, events::FolderEnd end, MaildirFolderSettings settings);

    base::UidValidity uid_validity(const Context& context) override;
    mail::Listing load(const Context& context) override;
    bool seems_changed(const mail::Listing& status, const Context& context) override;
    bool is_read_only(const Context& context) override;
    std::vector<base::Uid> remove(std::span<const base::Uid> uids, const Context& context) override;
    std::vector<base::Uid> change_flags(std::span<const mail::Listing::Entry> messages, FlagChange change,
                                        char letter, const Context& context) override;

    std::unique_ptr<Delivery> deliver() override;
    std::string identity() const override;
    std::optional<OutgoingMessage> prepare(const mail::MessageKey& key, const Context& context) override;
    std::uint64_t file_size_of(std::span<const mail::MessageKey> keys) override;
    std::optional<ContentIdentity> identify(const mail::MessageKey& key, Headers headers) override;
    std::optional<std::string> local_name(const mail::MessageKey& key) const override;
    bool has_ambiguous_uids() const override;
    std::vector<base::Uid> renumber(std::span<const NewUid> files, const Context& context) override;
    void forget_uids(const Context& context) override;
    std::vector<base::Uid> still_there(std::span<const base::Uid> uids, const Context& context) override;
    bool assign_uid(const mail::MessageKey& key, base::Uid uid) override;
    bool is_smaller(const mail::MessageKey& key, std::uint64_t wire_size) override;
    std::optional<std::chrono::sys_seconds> name_time(const mail::MessageKey& key) const override;
    std::optional<mail::MessageKey> find_unassigned(const std::string& local_name) const override;
    void sync() override;
    mail::Flags letters_for(const std::vector<std::string>& keywords) const override;
    mail::Flags mapped_letters() const override;

  private:
    void debug(const Context& context, const std::string& text) const;

    MaildirFolderSettings settings_;
    // Null only where `may_be_missing` and the folder is missing.
    std::unique_ptr<maildir::Folder> store_;
    mail::Listing listing_;
};

}  // namespace offlineimap::repository
