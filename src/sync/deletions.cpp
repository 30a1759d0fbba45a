// Pass 2, both directions.
#include <algorithm>
#include <iterator>

#include "offlineimap/os/stop_point.hpp"

#include "passes.hpp"

namespace offlineimap::sync {

namespace {

std::vector<mail::MessageKey> keys_of(std::span<const base::Uid> uids) {
    return {uids.begin(), uids.end()};
}

// With `expunge = no`, what was marked in an earlier run is still listed and still in the status; marking it
// again would achieve nothing. Returns what is dropped.
std::vector<base::Uid> drop_marked(std::vector<base::Uid>& uids, const mail::Listing& destination) {
    const auto first_marked = std::stable_partition(uids.begin(), uids.end(), [&](base::Uid uid) {
        const auto* entry = destination.find(mail::MessageKey(uid));
        return !entry || !entry->flags.contains('T');
    });
    std::vector<base::Uid> marked(first_marked, uids.end());
    uids.erase(first_marked, uids.end());
    return marked;
}

// These messages are gone here and marked on the server. A quick sync knows them by it.
void record_marks(FolderWork& work, std::span<const base::Uid> uids) {
    std::vector<repository::Agreed> marked;
    for (const auto uid : uids) {
        const auto* row = work.status_listing.find(mail::MessageKey(uid));
        if (row && !row->flags.contains('T')) marked.push_back({uid, mail::Flags(row->flags).add('T')});
    }
    if (marked.empty()) return;
    work.status.record_flags(marked);
    for (const auto& message : marked)
        work.status_listing.put({mail::MessageKey(message.uid), message.flags});
}

// Both ascending.
std::vector<base::Uid> difference(const std::vector<base::Uid>& from, const std::vector<base::Uid>& minus) {
    std::vector<base::Uid> rest;
    std::set_difference(from.begin(), from.end(), minus.begin(), minus.end(), std::back_inserter(rest));
    return rest;
}

// A message that the local listing misses is asked for once more before it is deleted on the server, or
// forgotten: a file that nobody remembers would be uploaded as a new message.
void keep_what_is_still_there(FolderWork& work, plan::DeletionPlan& plan, Direction direction) {
    const auto missed = direction == Direction::pull ? difference(plan.forget, plan.remove) : plan.forget;
    if (missed.empty()) return;
    const auto present = work.local.still_there(missed, work.context);
    plan.remove = difference(plan.remove, present);
    plan.forget = difference(plan.forget, present);
}

void forget(FolderWork& work, std::span<const base::Uid> uids) {
    if (uids.empty()) return;
    work.status.forget(uids);
    work.status_listing.erase(keys_of(uids));
}

}  // namespace

// The deletion first, its record second: a run that is killed between the two finds the message gone on both
// sides and forgets it. The other order would find a message that nobody remembers on one side only, and
// bring back what the user deleted.
void propagate_deletions(FolderWork& work, Direction direction) {
    const bool pull = direction == Direction::pull;
    const auto& source = pull ? work.remote_listing : work.local_listing;
    auto& destination = pull ? work.local_listing : work.remote_listing;
    repository::Folder& folder = pull ? static_cast<repository::Folder&>(work.local) : work.remote;
    const auto& source_options = pull ? work.remote_repository.options() : work.local_repository.options();
    const auto propagate =
        source_options.sync_deletes ? plan::PropagateDeletions::yes : plan::PropagateDeletions::no;

    auto plan = plan::plan_deletions(source, destination, work.status_listing, propagate);
    keep_what_is_still_there(work, plan, direction);
    const auto gone_on_both = difference(plan.forget, plan.remove);
    const bool only_marks = !pull && !work.remote_repository.options().imap().expunge;
    std::vector<base::Uid> marked;
    if (only_marks) marked = drop_marked(plan.remove, destination);
    const auto keys = keys_of(plan.remove);
    if (work.settings.dry_run) {
        if (!keys.empty())
            work.context.reporter(events::DeletingMessages{keys, folder.end(), events::Run::dry});
        return;
    }
    forget(work, gone_on_both);
    record_marks(work, marked);
    if (keys.empty() || refuses_writes(work, folder, events::ReadOnlyAction::deletion, keys)) return;
    work.context.reporter(events::DeletingMessages{keys, folder.end(), events::Run::real});
    os::stop_point("delete-before-remove");
    const auto removed = folder.remove(plan.remove, work.context);
    os::stop_point("delete-before-record");
    (pull ? work.to_local : work.to_remote).deleted += only_marks ? keys.size() : removed.size();
    destination.erase(keys_of(removed));
    forget(work, removed);
    if (only_marks) record_marks(work, plan.remove);
    os::stop_point("delete-after-record");
}

}  // namespace offlineimap::sync
