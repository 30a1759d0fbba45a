#include "offlineimap/sync/folder_sync.hpp"

#include <set>
#include <utility>

#include "passes.hpp"

namespace offlineimap::sync {

namespace {

using repository::Context;
using repository::Side;

void report_loading(const repository::Folder& folder, const Context& context) {
    context.reporter(events::LoadingMessageList{folder.end().kind, folder.end().folder,
                                                folder.entry().visible_name.text()});
}

void report_loaded(const repository::Folder& folder, const mail::Listing& listing, const Context& context) {
    context.reporter(events::MessageListLoaded{folder.end().kind, folder.end().folder, listing.size()});
}

// The saved UIDVALIDITY of one side against the present one. Nothing saved: the present one is remembered.
bool validity_holds(const FolderWork& work, Side side, repository::Folder& folder) {
    const auto current = folder.uid_validity(work.context);
    const auto saved = saved_validity(work.settings.status, side, folder.entry().name);
    if (!saved) {
        if (!work.settings.dry_run) save_validity(work.settings.status, side, folder.entry().name, current);
        return true;
    }
    if (*saved == current) return true;
    work.context.reporter(events::UidValidityProblem{folder.end().folder, folder.end().repository,
                                                     saved->value(), current.value()});
    return false;
}

// RFC 3501 §2.3.1.1: under another UIDVALIDITY, what we remember about UIDs means nothing.
bool validities_hold(FolderWork& work) {
    if (work.pair.remote_would_be_created) return true;
    if (work.local_listing.empty() && work.status_listing.empty()) {
        if (!work.settings.dry_run) {
            save_validity(work.settings.status, Side::local, work.local.entry().name,
                          work.local.uid_validity(work.context));
            save_validity(work.settings.status, Side::remote, work.remote.entry().name,
                          work.remote.uid_validity(work.context));
        }
        return true;
    }
    // Differs from OfflineIMAP: 7.x and 8.x print the problem and sync the folder all the same.
    return validity_holds(work, Side::local, work.local) && validity_holds(work, Side::remote, work.remote);
}

void load_local(FolderWork& work) {
    report_loading(work.local, work.context);
    work.local_listing = work.local.load(work.context);
    report_loaded(work.local, work.local_listing, work.context);
}

// Keywords that a `customflag_x` names become its letter; the others are named once a folder, if any is
// configured at all.
void apply_keywords(FolderWork& work) {
    const auto mapped = work.local.mapped_letters();
    if (mapped.empty()) return;
    mail::Listing with_letters;
    with_letters.reserve(work.remote_listing.size());
    std::set<std::string> unknown;
    for (const auto& entry : work.remote_listing) {
        const auto& keywords = work.remote_listing.keywords(entry.keywords);
        with_letters.put({entry.key, entry.flags | work.local.letters_for(keywords)});
        for (const auto& keyword : keywords) {
            if (work.local.letters_for({keyword}).empty()) unknown.insert(keyword);
        }
    }
    work.remote_listing = std::move(with_letters);
    if (!unknown.empty()) work.context.reporter(events::UnknownKeywords{{unknown.begin(), unknown.end()}});
}

void load_remote(FolderWork& work) {
    if (work.pair.remote_would_be_created) return;
    report_loading(work.remote, work.context);
    work.remote_listing = work.remote.load(work.context);
    // The original says nothing about an empty remote folder.
    if (!work.remote_listing.empty()) report_loaded(work.remote, work.remote_listing, work.context);
    apply_keywords(work);
}

bool is_unchanged(FolderWork& work) {
    return !work.local.seems_changed(work.status_listing, work.context) &&
           !work.remote.seems_changed(work.status_listing, work.context);
}

// The second of the four places where an Error is caught: the pass is over, the next one goes on.
template <class Pass>
void guarded(FolderWork& work, Pass pass) {
    work.check_stop();
    try {
        pass();
    } catch (const base::Error& error) {
        if (error.severity() > base::Severity::folder) throw;
        work.context.reporter(events::ErrorOccurred{
            "while syncing " + work.remote.end().folder + " [account " + work.settings.account + "]",
            error.what()});
    }
}

void sync_remote_to_local(FolderWork& work) {
    work.context.reporter(events::SyncingMessages{work.remote.end(), work.local.end()});
    guarded(work, [&] { pull_messages(work); });
    guarded(work, [&] { propagate_deletions(work, Direction::pull); });
    guarded(work, [&] { propagate_flags(work, Direction::pull); });
}

void sync_local_to_remote(FolderWork& work) {
    work.context.reporter(events::SyncingMessages{work.local.end(), work.remote.end()});
    guarded(work, [&] { push_messages(work); });
    guarded(work, [&] { propagate_deletions(work, Direction::push); });
    guarded(work, [&] { propagate_flags(work, Direction::push); });
}

void sync_pair(FolderWork& work) {
    load_local(work);
    if (work.settings.thoroughness == Thoroughness::quick && is_unchanged(work)) {
        work.context.reporter(events::SkippingUnchangedFolder{work.remote.end().folder});
        return;
    }
    if (!validities_hold(work)) return;
    load_remote(work);
    if (!work.settings.dry_run) resolve_open_uploads(work);
    if (!work.local_repository.options().readonly) sync_remote_to_local(work);
    if (!work.remote_repository.options().readonly) sync_local_to_remote(work);
}

}  // namespace

void sync_folder(const FolderPair& pair, const FolderSyncSettings& settings,
                 repository::RemoteRepository& remote_repository,
                 repository::LocalRepository& local_repository, const Context& context) {
    try {
        const auto local = local_repository.open_local(pair.local, context);
        const auto remote = remote_repository.open_remote(pair.remote, context);
        repository::StatusFolder status(settings.status, pair.status, context);
        context.reporter(events::SyncingFolder{remote->end(), local->end()});
        const bool starts_afresh = pair.local_would_be_created || pair.remote_would_be_created;
        FolderWork work{pair,
                        settings,
                        remote_repository,
                        local_repository,
                        *remote,
                        *local,
                        status,
                        context,
                        {},
                        {},
                        starts_afresh ? mail::Listing() : status.listing()};
        sync_pair(work);
    } catch (const base::Error& error) {
        if (error.severity() > base::Severity::folder) throw;
        context.reporter(events::ErrorOccurred{
            "Aborting sync, folder '" + pair.remote.name.text() + "' [acc: '" + settings.account + "']",
            error.what()});
    }
    local_repository.restore_access_times();
}

}  // namespace offlineimap::sync
