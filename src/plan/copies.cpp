#include <algorithm>

#include "offlineimap/plan/cursor.hpp"
#include "offlineimap/plan/passes.hpp"

namespace offlineimap::plan {

namespace {

std::vector<base::Uid> sorted(std::span<const base::Uid> uids) {
    std::vector<base::Uid> copy(uids.begin(), uids.end());
    std::sort(copy.begin(), copy.end());
    return copy;
}

}  // namespace

CopyPlan plan_copies(const mail::Listing& source, const mail::Listing& destination,
                     const mail::Listing& status, std::span<const base::Uid> ignored,
                     mail::Flags comparable) {
    const auto never_copied = sorted(ignored);
    const auto is_ignored = [&](mail::MessageKey key) {
        return key.has_uid() && std::binary_search(never_copied.begin(), never_copied.end(), key.uid());
    };
    Cursor in_status(status);
    Cursor in_destination(destination);
    CopyPlan plan;
    for (const auto& message : source) {
        const auto key = message.key;
        // A key without a UID is a place in its own listing only: it means nothing in another one.
        if (key.has_uid() && in_status.contains(key)) continue;
        ++plan.total;
        if (is_ignored(key)) {
            plan.ignored.push_back(key);
            continue;
        }
        const bool on_both_sides = key.has_uid() && in_destination.contains(key);
        plan.steps.push_back({.key = key,
                              .flags = message.flags & comparable,
                              .action = on_both_sides ? CopyAction::record_only : CopyAction::transfer,
                              .reason = CopyReason::not_in_status,
                              .nth = plan.steps.size() + 1});
    }
    return plan;
}

}  // namespace offlineimap::plan
