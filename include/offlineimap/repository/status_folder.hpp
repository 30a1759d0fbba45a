// The third participant of a sync: what is remembered of one folder. Keeps the listing in memory and the file
// in step: every call is one transaction, durable when it returns.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/mail/listing.hpp"
#include "offlineimap/repository/context.hpp"
#include "offlineimap/repository/folder.hpp"

namespace offlineimap::repository {

// Where a folder's memory lives and how it is kept.
struct StatusSettings {
    std::filesystem::path metadata;
    std::string account;
    std::string local_repository;
    std::string remote_repository;
    config::StatusBackend backend = config::StatusBackend::sqlite;
    bool fsync = true;
    bool dry_run = false;
};

// An upload that was begun and whose end is not recorded.
struct OpenUpload {
    std::string local_name;
    ContentIdentity identity;
    AppendPosition before;
};

struct Agreed {
    base::Uid uid;
    mail::Flags flags;
};

class StatusFolder {
  public:
    // `status_name`: the remote folder's translated name with the remote separator as '.'. Reports creation,
    // upgrade and migration.
    StatusFolder(const StatusSettings& settings, const base::FolderName& status_name, const Context& context);
    ~StatusFolder();

    const mail::Listing& listing() const noexcept;
    std::vector<OpenUpload> open_uploads() const;

    // Both sides have these now; `finished_uploads` are closed in the same transaction.
    void record(std::span<const Agreed> messages, std::span<const std::string> finished_uploads = {});
    void record_flags(std::span<const Agreed> messages);
    void forget(std::span<const base::Uid> uids);
    // Before the first byte of any of them goes out.
    void begin_uploads(std::span<const OutgoingMessage> messages, const AppendPosition& before);
    void close_uploads(std::span<const std::string> local_names);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The name below LocalStatus-sqlite: the remote folder's translated name with '.' for the remote separator.
base::FolderName status_name(const FolderEntry& remote, char remote_separator);
// The file names that this pair of folders uses; two pairs that share one of them must not both be synced.
// Throws Error{folder, unsafe_name}.
std::vector<std::string> state_files(const StatusSettings& settings, const base::FolderName& status_name,
                                     const FolderEntry& remote, const FolderEntry& local);
// A folder was made anew on one side: nothing is remembered of it.
void start_afresh(const StatusSettings& settings, const base::FolderName& status_name);

// The saved UIDVALIDITY of either side (reference: on-disk formats §2).
enum class Side { remote, local };
std::optional<base::UidValidity> saved_validity(const StatusSettings& settings, Side side,
                                                const base::FolderName& folder);
void save_validity(const StatusSettings& settings, Side side, const base::FolderName& folder,
                   base::UidValidity validity);
void forget_validity(const StatusSettings& settings, Side side, const base::FolderName& folder);

}  // namespace offlineimap::repository
