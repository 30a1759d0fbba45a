// The remote side as a mailbox on an IMAP server. Holds one connection while the folder is synced, and
// replaces it when it breaks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "offlineimap/client/pool.hpp"
#include "offlineimap/repository/folder.hpp"

namespace offlineimap::repository {

struct ImapFolderSettings {
    base::MailboxName mailbox;
    int retrycount = 2;
    bool expunge = true;
};

class ImapFolder final : public RemoteFolder {
  public:
    ImapFolder(FolderEntry entry, events::FolderEnd end, ImapFolderSettings settings, client::Pool& pool);

    base::UidValidity uid_validity(const Context& context) override;
    mail::Listing load(const Context& context) override;
    bool seems_changed(const mail::Listing& status, const Context& context) override;
    bool is_read_only(const Context& context) override;
    std::vector<base::Uid> remove(std::span<const base::Uid> uids, const Context& context) override;
    std::vector<base::Uid> change_flags(std::span<const mail::Listing::Entry> messages, FlagChange change,
                                        char letter, const Context& context) override;

    mail::Listing load_from(base::Uid first, const Context& context) override;
    std::optional<std::string> look(const Context& context) override;
    std::optional<base::Uid> first_since(std::chrono::year_month_day day,
                                         std::optional<std::uint64_t> below_size,
                                         const Context& context) override;
    std::vector<base::Uid> of_size_or_more(std::uint64_t size, const Context& context) override;
    void fetch(std::span<const base::Uid> sorted_uids, MessageReceiver& receiver,
               const Context& context) override;
    std::uint64_t wire_size_of(std::span<const base::Uid> sorted_uids, const Context& context) override;
    AppendPosition append_position(const Context& context) override;
    std::vector<UploadOutcome> append(std::span<const OutgoingMessage> messages,
                                      const Context& context) override;
    std::vector<std::optional<base::Uid>> find_by_content(std::span<const ContentIdentity> wanted,
                                                          std::optional<base::Uid> from,
                                                          const std::function<bool(base::Uid)>& taken,
                                                          const Context& context) override;
    std::optional<std::vector<base::Uid>> with_message_id(const std::string& message_id, base::Uid first,
                                                          const Context& context) override;

  private:
    // A connection on which the mailbox is selected with at least this access.
    client::Connection& connection(client::Access access, const Context& context);
    // Runs `operation` on such a connection, and once more on a new one if the first broke.
    template <class Operation>
    auto with_retry(client::Access access, const Context& context, Operation operation);
    void require_same_validity(base::UidValidity current) const;
    [[noreturn]] void fail_folder(const base::Error& error) const;

    ImapFolderSettings settings_;
    client::Pool& pool_;
    std::optional<client::ConnectionLease> lease_;
    std::optional<client::Access> access_;       // of the selection on lease_
    std::optional<base::UidValidity> validity_;  // at the first selection; a later one must be the same
};

}  // namespace offlineimap::repository
