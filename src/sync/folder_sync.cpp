#include "offlineimap/sync/folder_sync.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/system.hpp"

#include "passes.hpp"
#include "renumbering.hpp"
#include "scope.hpp"

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

enum class Epoch { same, new_to_us, changed };

// The saved UIDVALIDITY of one side against the present one.
Epoch epoch_of(const FolderWork& work, Side side, repository::Folder& folder) {
    const auto saved = saved_validity(work.settings.status, side, folder.entry().name);
    if (!saved) return Epoch::new_to_us;
    return *saved == folder.uid_validity(work.context) ? Epoch::same : Epoch::changed;
}

void remember_epoch(const FolderWork& work, Side side, repository::Folder& folder) {
    if (work.settings.dry_run) return;
    save_validity(work.settings.status, side, folder.entry().name, folder.uid_validity(work.context));
}

void report_new_epoch(const FolderWork& work, Side side, repository::Folder& folder) {
    const auto saved = saved_validity(work.settings.status, side, folder.entry().name);
    work.context.reporter(events::UidValidityProblem{folder.end().folder, folder.end().repository,
                                                     saved ? saved->value() : 0,
                                                     folder.uid_validity(work.context).value()});
}

bool validity_holds(const FolderWork& work, Side side, repository::Folder& folder) {
    switch (epoch_of(work, side, folder)) {
        case Epoch::same:
            return true;
        case Epoch::new_to_us:
            remember_epoch(work, side, folder);
            return true;
        case Epoch::changed:
            report_new_epoch(work, side, folder);
            return false;
    }
    return false;
}

// The messages are still the same if each of ours is found on the server under a new UID.
bool remote_validity_holds(FolderWork& work) {
    if (epoch_of(work, Side::remote, work.remote) != Epoch::changed)
        return validity_holds(work, Side::remote, work.remote);
    const auto current = work.remote.uid_validity(work.context);
    if (!adopt_new_uids(work, current)) {
        report_new_epoch(work, Side::remote, work.remote);
        return false;
    }
    work.context.reporter(events::WarningGiven{
        "Folder '" + work.remote.end().folder + "' [" + work.remote.end().repository +
        "] has a new UIDVALIDITY (" + std::to_string(current.value()) +
        "), and all messages here are on the server under new UIDs: " +
        (work.settings.dry_run ? "the local files would take them; nothing more is done in this dry run"
                               : "the local files took them, nothing is transferred")});
    return !work.settings.dry_run;
}

// RFC 3501 §2.3.1.1: under another UIDVALIDITY, what we remember about UIDs means nothing.
bool validities_hold(FolderWork& work) {
    if (work.pair.remote_would_be_created) return true;
    if (work.local_listing.empty() && work.status_listing.empty()) {
        remember_epoch(work, Side::local, work.local);
        remember_epoch(work, Side::remote, work.remote);
        return true;
    }
    // Differs from OfflineIMAP: 7.x and 8.x print the problem and sync the folder all the same.
    return validity_holds(work, Side::local, work.local) && remote_validity_holds(work);
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
    if (!work.pair.remote_would_be_created) report_loading(work.remote, work.context);
    load_remote_in_scope(work, os::now());
    // The original says nothing about an empty remote folder.
    if (!work.remote_listing.empty()) report_loaded(work.remote, work.remote_listing, work.context);
    apply_keywords(work);
}

// What the Maildir holds if nothing changed. With `expunge = no`, a message that was deleted here stays on
// the server and in the status, marked.
mail::Listing expected_here(const FolderWork& work) {
    if (work.remote_repository.options().imap().expunge) return work.status_listing;
    mail::Listing expected;
    expected.reserve(work.status_listing.size());
    for (const auto& known : work.status_listing) {
        if (work.local_listing.contains(known.key) || !known.flags.contains('T')) expected.put(known);
    }
    return expected;
}

bool is_unchanged(FolderWork& work) {
    return !work.local.seems_changed(expected_here(work), work.context) &&
           !work.remote.seems_changed(work.status_listing, work.context);
}

// Another directory in the folder's place (a file system that is not mounted, a backup half restored) is no
// evidence that somebody deleted what it lacks.
void require_continuity(const FolderWork& work) {
    const auto saved = saved_identity(work.settings.status, work.local.entry().name);
    if (!saved || *saved == work.local.identity()) return;
    const auto missing = std::count_if(
        work.status_listing.begin(), work.status_listing.end(),
        [&](const auto& known) { return known.key.has_uid() && !work.local_listing.contains(known.key); });
    if (missing == 0) return;
    throw base::Error(
        base::Severity::folder, base::ErrorCode::corrupt_state,
        "local folder '" + work.local.end().folder + "' [" + work.local.end().repository +
            "] is not the directory that was synced before and lacks " + std::to_string(missing) +
            " messages of it, so nothing is deleted on the server. If you did delete them, remove '" +
            identity_file(work.settings.status, work.local.entry().name) +
            "'; to have them downloaded again, move the folder away");
}

bool has_uids(const mail::Listing& listing) {
    return std::any_of(listing.begin(), listing.end(), [](const auto& entry) { return entry.key.has_uid(); });
}

// The UIDs in the files' names are of a folder that the server no longer has: it was made anew in this round,
// or in one that was interrupted then, and is still empty.
bool has_uids_of_another_folder(FolderWork& work) {
    if (work.settings.dry_run || !has_uids(work.local_listing)) return false;
    if (work.pair.remote_was_created) return true;
    return work.status_listing.empty() &&
           !saved_validity(work.settings.status, Side::remote, work.remote.entry().name) &&
           work.remote.load(work.context).empty();
}

void remember_identity(const FolderWork& work) {
    const auto identity = work.local.identity();
    if (saved_identity(work.settings.status, work.local.entry().name) != identity)
        save_identity(work.settings.status, work.local.entry().name, identity);
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

bool may_be_skipped(FolderWork& work) {
    const bool is_restricted = is_restricted_by_date(work);
    if (work.settings.thoroughness != Thoroughness::quick) return false;
    if (!is_restricted) return is_unchanged(work);
    work.context.reporter(events::WarningGiven{
        "Quick syncs (-q) not supported in conjunction with maxage or startdate; ignoring -q."});
    return false;
}

void sync_pair(FolderWork& work) {
    if (!work.settings.dry_run) finish_renumbering(work);
    load_local(work);
    if (has_uids_of_another_folder(work)) {
        work.local.forget_uids(work.context);
        work.local_listing = work.local.load(work.context);
    }
    if (may_be_skipped(work)) {
        work.context.reporter(events::SkippingUnchangedFolder{work.remote.end().folder});
        return;
    }
    if (!work.pair.local_would_be_created) require_continuity(work);
    if (!validities_hold(work)) return;
    if (!work.pair.remote_would_be_created) resolve_open_uploads(work);
    load_remote(work);
    if (!work.local_repository.options().readonly) sync_remote_to_local(work);
    if (!work.remote_repository.options().readonly) sync_local_to_remote(work);
    if (!work.settings.dry_run) remember_identity(work);
}

// Says at the end, however that comes, what the sync did.
class FolderReport {
  public:
    explicit FolderReport(const FolderWork& work) : work_(work) {
        work_.context.reporter(events::SyncingFolder{work_.remote.end(), work_.local.end()});
    }
    ~FolderReport() {
        using std::chrono::duration_cast;
        work_.context.reporter(events::FolderFinished{
            work_.settings.account, work_.remote.end(), work_.local.end(), work_.to_remote, work_.to_local,
            duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_)});
    }
    FolderReport(const FolderReport&) = delete;
    FolderReport& operator=(const FolderReport&) = delete;

  private:
    const FolderWork& work_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// A failure that concerns no more than the folder ends it, and the others go on.
template <class Body>
void ending_the_folder_only(const FolderPair& pair, const FolderSyncSettings& settings,
                            const Context& context, Body body) {
    try {
        body();
    } catch (const base::Error& error) {
        if (error.severity() > base::Severity::folder) throw;
        context.reporter(events::ErrorOccurred{
            "Aborting sync, folder '" + base::printable(pair.remote.name.text(), std::string::npos) +
                "' [acc: '" + settings.account + "']",
            error.what()});
    }
}

}  // namespace

void sync_folder(const FolderPair& pair, const FolderSyncSettings& settings,
                 repository::RemoteRepository& remote_repository,
                 repository::LocalRepository& local_repository, const Context& context) {
    ending_the_folder_only(pair, settings, context, [&] {
        const auto local = local_repository.open_local(pair.local, context);
        const auto remote = remote_repository.open_remote(pair.remote, context);
        repository::StatusFolder status(settings.status, pair.status, context);
        FolderWork work{.pair = pair,
                        .settings = settings,
                        .remote_repository = remote_repository,
                        .local_repository = local_repository,
                        .remote = *remote,
                        .local = *local,
                        .status = status,
                        .context = context,
                        .remote_listing = {},
                        .local_listing = {},
                        .status_listing = {}};
        const FolderReport report(work);
        ending_the_folder_only(pair, settings, context, [&] {
            const bool starts_afresh = pair.local_would_be_created || pair.remote_would_be_created;
            if (!starts_afresh) work.status_listing = status.listing();
            sync_pair(work);
        });
    });
    local_repository.restore_access_times();
}

}  // namespace offlineimap::sync
