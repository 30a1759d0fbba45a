// Keeping the listings and the status in step with what has happened.
#include <vector>

#include "passes.hpp"

namespace offlineimap::sync {

namespace {

// Rows of a lost status are written back in transactions of this many.
constexpr std::size_t kRecordBatch = 10'000;

}  // namespace

void record(FolderWork& work, std::span<const repository::Agreed> messages,
            std::span<const std::string> finished_uploads) {
    work.status.record(messages, finished_uploads);
    for (const auto& message : messages)
        work.status_listing.put({mail::MessageKey(message.uid), message.flags});
}

bool is_known(const FolderWork& work, base::Uid uid) {
    const mail::MessageKey key(uid);
    return work.local_listing.contains(key) || work.status_listing.contains(key) || work.hidden.contains(key);
}

void record_known(FolderWork& work, const plan::CopyPlan& plan) {
    std::vector<repository::Agreed> known;
    for (const auto& step : plan.steps) {
        if (step.action != plan::CopyAction::record_only) continue;
        known.push_back({step.key.uid(), step.flags});
        if (known.size() == kRecordBatch) {
            record(work, known);
            known.clear();
        }
    }
    if (!known.empty()) record(work, known);
}

bool refuses_writes(FolderWork& work, repository::Folder& destination, events::ReadOnlyAction action,
                    const std::vector<mail::MessageKey>& keys) {
    if (!destination.is_read_only(work.context)) return false;
    if (!work.settings.ignore_readonly)
        work.context.reporter(events::ReadOnlyFolder{action, keys, destination.end()});
    return true;
}

}  // namespace offlineimap::sync
