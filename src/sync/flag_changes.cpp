// Pass 3, both directions.
#include "offlineimap/os/stop_point.hpp"

#include "passes.hpp"

namespace offlineimap::sync {

namespace {

mail::Flags changed(mail::Flags flags, const plan::FlagStep& step) {
    return step.change == plan::FlagChange::add ? flags.add(step.letter) : flags.remove(step.letter);
}

void report(FolderWork& work, const plan::FlagStep& step, const std::vector<mail::MessageKey>& keys,
            const events::FolderEnd& destination) {
    const auto flags = mail::Flags().add(step.letter);
    if (step.change == plan::FlagChange::add) {
        work.context.reporter(events::AddingFlags{keys, flags, destination, work.run()});
    } else {
        work.context.reporter(events::RemovingFlags{keys, flags, destination, work.run()});
    }
}

void execute(FolderWork& work, const plan::FlagStep& step, repository::Folder& folder,
             mail::Listing& destination, events::Changes& changes) {
    const std::vector<mail::MessageKey> keys(step.uids.begin(), step.uids.end());
    if (!work.settings.dry_run && refuses_writes(work, folder, events::ReadOnlyAction::flags, keys)) return;
    report(work, step, keys, folder.end());
    if (work.settings.dry_run) return;
    std::vector<mail::Listing::Entry> entries;
    entries.reserve(keys.size());
    for (const auto& key : keys) entries.push_back(*destination.find(key));
    const auto change =
        step.change == plan::FlagChange::add ? repository::FlagChange::add : repository::FlagChange::remove;
    os::stop_point("flags-before-change");
    const auto done = folder.change_flags(entries, change, step.letter, work.context);
    changes.flagged += done.size();
    std::vector<repository::Agreed> agreed;
    agreed.reserve(done.size());
    for (const auto uid : done) {
        const mail::MessageKey key(uid);
        auto entry = *destination.find(key);
        entry.flags = changed(entry.flags, step);
        destination.put(entry);
        if (const auto* row = work.status_listing.find(key))
            agreed.push_back({uid, changed(row->flags, step)});
    }
    os::stop_point("flags-before-record");
    work.status.record_flags(agreed);
    for (const auto& message : agreed)
        work.status_listing.put({mail::MessageKey(message.uid), message.flags});
    os::stop_point("flags-after-record");
}

}  // namespace

void propagate_flags(FolderWork& work, Direction direction) {
    const bool pull = direction == Direction::pull;
    const auto& source = pull ? work.remote_listing : work.local_listing;
    auto& destination = pull ? work.local_listing : work.remote_listing;
    repository::Folder& folder = pull ? static_cast<repository::Folder&>(work.local) : work.remote;
    // Keywords go one way, as in the original; other letters mean nothing to the other side and are left
    // alone.
    const auto comparable = pull ? mail::imap_flags() | work.local.mapped_letters() : mail::imap_flags();
    for (const auto& step : plan::plan_flag_changes(source, destination, work.status_listing, comparable)) {
        work.check_stop();
        execute(work, step, folder, destination, pull ? work.to_local : work.to_remote);
    }
}

}  // namespace offlineimap::sync
