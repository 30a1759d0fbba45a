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
    bool acknowledged = false;  // the server has it; only the UID is unknown
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
    // Everything that was remembered goes, and this takes its place.
    void replace_all(std::span<const Agreed> messages);
    // Before the first byte of any of them goes out.
    void begin_uploads(std::span<const OutgoingMessage> messages, const AppendPosition& before);
    // The server has these; under which UIDs is not known yet.
    void acknowledge(std::span<const std::string> local_names);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The name below LocalStatus-sqlite: the remote folder's translated name with '.' for the remote separator.
base::FolderName status_name(const FolderEntry& remote, char remote_separator);
// The file names that this pair of folders uses, its status first; two pairs that share one of them must not
// both be synced. Throws Error{folder, unsafe_name}.
std::vector<std::string> state_files(const StatusSettings& settings, const base::FolderName& status_name,
                                     const FolderEntry& remote, const FolderEntry& local);
// Files that may come and go beside the folder's status; a folder whose own file is among them would lose it.
std::vector<std::string> companion_files(const StatusSettings& settings, const base::FolderName& status_name);
// A folder was made anew on one side: nothing is remembered of it.
void start_afresh(const StatusSettings& settings, const base::FolderName& status_name);

// The saved UIDVALIDITY of either side (reference: on-disk formats §2).
enum class Side { remote, local };
std::optional<base::UidValidity> saved_validity(const StatusSettings& settings, Side side,
                                                const base::FolderName& folder);
void save_validity(const StatusSettings& settings, Side side, const base::FolderName& folder,
                   base::UidValidity validity);
void forget_validity(const StatusSettings& settings, Side side, const base::FolderName& folder);

// Which directory the local folder was at its last sync; nullopt: not saved yet.
std::optional<std::string> saved_identity(const StatusSettings& settings, const base::FolderName& local);
void save_identity(const StatusSettings& settings, const base::FolderName& local,
                   const std::string& identity);
// Where that is kept, for the user.
std::string identity_file(const StatusSettings& settings, const base::FolderName& local);

// New UIDs for a folder whose UIDVALIDITY changed: decided, but not yet done (docs/files.md). Written durably
// before anything is renamed; the file names are those before.
struct Renumbered {
    std::string local_name;
    base::Uid uid;
    std::optional<mail::Flags> agreed;  // what the status knew
};
struct Renumbering {
    base::UidValidity uid_validity{0};
    std::vector<Renumbered> messages;
};
std::optional<Renumbering> open_renumbering(const StatusSettings& settings,
                                            const base::FolderName& status_name);
void begin_renumbering(const StatusSettings& settings, const base::FolderName& status_name,
                       const Renumbering& renumbering);
void end_renumbering(const StatusSettings& settings, const base::FolderName& status_name);

// What the folder looked like when its messages were last not all recognised under a new UIDVALIDITY;
// nullopt: they were, or there was no need.
std::optional<std::string> failed_adoption(const StatusSettings& settings,
                                           const base::FolderName& status_name);
void save_failed_adoption(const StatusSettings& settings, const base::FolderName& status_name,
                          const std::string& look);
void forget_failed_adoption(const StatusSettings& settings, const base::FolderName& status_name);

// The UID that `startdate` led to on the first sync of a folder (reference: on-disk formats §6).
std::optional<base::Uid> saved_start(const StatusSettings& settings, Side side,
                                     const base::FolderName& folder);
void save_start(const StatusSettings& settings, Side side, const base::FolderName& folder, base::Uid first);
void forget_start(const StatusSettings& settings, Side side, const base::FolderName& folder);

}  // namespace offlineimap::repository
