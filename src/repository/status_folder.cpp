#include "offlineimap/repository/status_folder.hpp"

#include <utility>

#include "offlineimap/status/failed_adoption.hpp"
#include "offlineimap/status/folder_identity.hpp"
#include "offlineimap/status/folder_status.hpp"
#include "offlineimap/status/folder_validity.hpp"
#include "offlineimap/status/names.hpp"
#include "offlineimap/status/renumbering.hpp"
#include "offlineimap/status/start_uid.hpp"

namespace offlineimap::repository {

namespace {

status::StatusPaths paths_of(const StatusSettings& settings, const base::FolderName& name) {
    const status::MetadataTree tree{settings.metadata};
    return {tree.sqlite_status(settings.account, name), tree.plain_status(settings.account, name)};
}

std::unique_ptr<status::FolderStatus> open_status(const StatusSettings& settings,
                                                  const base::FolderName& name) {
    const auto paths = paths_of(settings, name);
    if (settings.dry_run) return status::open_read_only(paths);
    const auto durability = settings.fsync ? status::Durability::fsync : status::Durability::relaxed;
    return settings.backend == config::StatusBackend::plain ? status::open_plain(paths, durability)
                                                            : status::open_sqlite(paths, durability);
}

void report_opening(status::Opened opened, const StatusSettings& settings, const base::FolderName& name,
                    const Context& context) {
    switch (opened) {
        case status::Opened::existing:
            return;
        case status::Opened::created:
            context.reporter(events::StatusCreated{settings.local_repository, name.text()});
            return;
        case status::Opened::upgraded:
            context.reporter(events::StatusUpgraded{settings.local_repository, name.text()});
            return;
        case status::Opened::migrated:
            context.reporter(events::StatusMigrated{settings.local_repository, name.text()});
            return;
    }
}

status::Intent intent_of(const OutgoingMessage& message, const AppendPosition& before) {
    return {.local_name = message.local_name,
            .wire_size = message.identity.wire_size,
            .sha256 = message.identity.sha256,
            .header_sha256 = message.identity.header_sha256,
            .message_id = message.identity.message_id,
            .uid_next = before.uid_next,
            .uid_validity = before.uid_validity};
}

OpenUpload upload_of(const status::Intent& intent) {
    return {.local_name = intent.local_name,
            .identity = {intent.wire_size, intent.sha256, intent.header_sha256, intent.message_id},
            .before = {intent.uid_validity, intent.uid_next},
            .acknowledged = intent.acknowledged};
}

}  // namespace

struct StatusFolder::State {
    std::unique_ptr<status::FolderStatus> file;
    mail::Listing listing;
};

StatusFolder::StatusFolder(const StatusSettings& settings, const base::FolderName& name,
                           const Context& context)
    : state_(std::make_unique<State>()) {
    state_->file = open_status(settings, name);
    report_opening(state_->file->opened(), settings, name, context);
    const auto rows = state_->file->load();
    if (!state_->file->warning().empty()) context.reporter(events::WarningGiven{state_->file->warning()});
    state_->listing.reserve(rows.size());
    for (const auto& row : rows) state_->listing.put({mail::MessageKey(row.uid), row.flags});
}

StatusFolder::~StatusFolder() = default;

const mail::Listing& StatusFolder::listing() const noexcept {
    return state_->listing;
}

std::vector<OpenUpload> StatusFolder::open_uploads() const {
    std::vector<OpenUpload> uploads;
    for (const auto& intent : state_->file->intents()) uploads.push_back(upload_of(intent));
    return uploads;
}

void StatusFolder::record(std::span<const Agreed> messages, std::span<const std::string> finished_uploads) {
    status::Changes changes;
    for (const auto& message : messages)
        changes.put.push_back({.uid = message.uid, .flags = message.flags, .labels = {}});
    changes.close_intents.assign(finished_uploads.begin(), finished_uploads.end());
    state_->file->apply(changes);
    for (const auto& message : messages) state_->listing.put({mail::MessageKey(message.uid), message.flags});
}

void StatusFolder::record_flags(std::span<const Agreed> messages) {
    status::Changes changes;
    for (const auto& message : messages) {
        changes.set_flags.push_back({.uid = message.uid, .flags = message.flags, .labels = {}});
    }
    state_->file->apply(changes);
    for (const auto& message : messages) state_->listing.put({mail::MessageKey(message.uid), message.flags});
}

void StatusFolder::forget(std::span<const base::Uid> uids) {
    status::Changes changes;
    changes.erase.assign(uids.begin(), uids.end());
    state_->file->apply(changes);
    std::vector<mail::MessageKey> keys;
    for (const auto uid : uids) keys.emplace_back(uid);
    state_->listing.erase(keys);
}

void StatusFolder::replace_all(std::span<const Agreed> messages) {
    status::Changes changes;
    mail::Listing listing;
    for (const auto& entry : state_->listing) changes.erase.push_back(entry.key.uid());
    for (const auto& message : messages) {
        changes.put.push_back({.uid = message.uid, .flags = message.flags, .labels = {}});
        listing.put({mail::MessageKey(message.uid), message.flags});
    }
    state_->file->apply(changes);
    state_->listing = std::move(listing);
}

void StatusFolder::begin_uploads(std::span<const OutgoingMessage> messages, const AppendPosition& before) {
    status::Changes changes;
    for (const auto& message : messages) changes.open_intents.push_back(intent_of(message, before));
    state_->file->apply(changes);
}

void StatusFolder::acknowledge(std::span<const std::string> local_names) {
    status::Changes changes;
    changes.acknowledge_intents.assign(local_names.begin(), local_names.end());
    state_->file->apply(changes);
}

base::FolderName status_name(const FolderEntry& remote, char remote_separator) {
    return name_on_other_side(remote.visible_name, remote_separator, '.');
}

namespace {

const std::string& repository_at(const StatusSettings& settings, Side side) {
    return side == Side::remote ? settings.remote_repository : settings.local_repository;
}

std::filesystem::path validity_file(const StatusSettings& settings, Side side,
                                    const base::FolderName& folder) {
    return status::MetadataTree{settings.metadata}.folder_validity(repository_at(settings, side), folder);
}

std::filesystem::path epoch_file(const StatusSettings& settings, const base::FolderName& remote) {
    return status::MetadataTree{settings.metadata}.epoch(settings.account, remote);
}

std::filesystem::path start_file(const StatusSettings& settings, Side side, const base::FolderName& folder) {
    return status::MetadataTree{settings.metadata}.start_uid(repository_at(settings, side), folder);
}

}  // namespace

std::vector<std::string> state_files(const StatusSettings& settings, const base::FolderName& name,
                                     const FolderEntry& remote, const FolderEntry& local) {
    return {paths_of(settings, name).sqlite.string(),
            validity_file(settings, Side::remote, remote.name).string(),
            validity_file(settings, Side::local, local.name).string()};
}

std::vector<std::string> companion_files(const StatusSettings& settings, const base::FolderName& name) {
    std::vector<std::string> files;
    if (settings.backend == config::StatusBackend::plain) return files;
    for (const auto& file : status::companions(paths_of(settings, name))) files.push_back(file.string());
    return files;
}

void start_afresh(const StatusSettings& settings, const base::FolderName& name) {
    status::purge(paths_of(settings, name));
}

// The server's folder may belong to several accounts, whose files and rows have UIDs of their own epochs. The
// shared file is the original's, and its absence means that the user wants to begin anew.
std::optional<base::UidValidity> saved_validity(const StatusSettings& settings, Side side,
                                                const base::FolderName& folder) {
    const auto shared = status::read_validity(validity_file(settings, side, folder));
    if (side == Side::local || !shared) return shared;
    const auto own = status::read_validity(epoch_file(settings, folder));
    return own ? own : shared;
}

void save_validity(const StatusSettings& settings, Side side, const base::FolderName& folder,
                   base::UidValidity validity) {
    if (side == Side::remote) status::write_validity(epoch_file(settings, folder), validity);
    status::write_validity(validity_file(settings, side, folder), validity);
}

void forget_validity(const StatusSettings& settings, Side side, const base::FolderName& folder) {
    if (side == Side::remote) status::forget_validity(epoch_file(settings, folder));
    status::forget_validity(validity_file(settings, side, folder));
}

namespace {

std::filesystem::path renumbering_file(const StatusSettings& settings, const base::FolderName& name) {
    return status::MetadataTree{settings.metadata}.renumbering(settings.account, name);
}

}  // namespace

std::optional<Renumbering> open_renumbering(const StatusSettings& settings, const base::FolderName& name) {
    const auto stored = status::read_renumbering(renumbering_file(settings, name));
    if (!stored) return std::nullopt;
    Renumbering renumbering{.uid_validity = stored->uid_validity, .messages = {}};
    for (const auto& message : stored->messages)
        renumbering.messages.push_back({message.local_name, message.uid, message.agreed});
    return renumbering;
}

void begin_renumbering(const StatusSettings& settings, const base::FolderName& name,
                       const Renumbering& renumbering) {
    status::Renumbering stored{.uid_validity = renumbering.uid_validity};
    for (const auto& message : renumbering.messages)
        stored.messages.push_back({message.local_name, message.uid, message.agreed});
    status::write_renumbering(renumbering_file(settings, name), stored);
}

void end_renumbering(const StatusSettings& settings, const base::FolderName& name) {
    status::remove_renumbering(renumbering_file(settings, name));
}

namespace {

std::filesystem::path failed_adoption_file(const StatusSettings& settings, const base::FolderName& name) {
    return status::MetadataTree{settings.metadata}.failed_adoption(settings.account, name);
}

}  // namespace

std::optional<std::string> failed_adoption(const StatusSettings& settings, const base::FolderName& name) {
    return status::read_failed_adoption(failed_adoption_file(settings, name));
}

void save_failed_adoption(const StatusSettings& settings, const base::FolderName& name,
                          const std::string& look) {
    status::write_failed_adoption(failed_adoption_file(settings, name), look);
}

void forget_failed_adoption(const StatusSettings& settings, const base::FolderName& name) {
    status::forget_failed_adoption(failed_adoption_file(settings, name));
}

std::string identity_file(const StatusSettings& settings, const base::FolderName& local) {
    return status::MetadataTree{settings.metadata}.folder_identity(settings.local_repository, local).string();
}

std::optional<std::string> saved_identity(const StatusSettings& settings, const base::FolderName& local) {
    return status::read_identity(identity_file(settings, local));
}

void save_identity(const StatusSettings& settings, const base::FolderName& local,
                   const std::string& identity) {
    status::write_identity(identity_file(settings, local), identity);
}

std::optional<base::Uid> saved_start(const StatusSettings& settings, Side side,
                                     const base::FolderName& folder) {
    return status::read_start_uid(start_file(settings, side, folder));
}

void save_start(const StatusSettings& settings, Side side, const base::FolderName& folder, base::Uid first) {
    status::write_start_uid(start_file(settings, side, folder), first);
}

void forget_start(const StatusSettings& settings, Side side, const base::FolderName& folder) {
    status::forget_start_uid(start_file(settings, side, folder));
}

}  // namespace offlineimap::repository
