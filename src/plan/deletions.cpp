#include "offlineimap/plan/cursor.hpp"
#include "offlineimap/plan/passes.hpp"

namespace offlineimap::plan {

DeletionPlan plan_deletions(const mail::Listing& source, const mail::Listing& destination,
                            const mail::Listing& status, PropagateDeletions propagate) {
    Cursor in_source(source);
    Cursor in_destination(destination);
    DeletionPlan plan;
    for (const auto& known : status) {
        if (!known.key.has_uid() || in_source.contains(known.key)) continue;
        const bool left_on_destination = in_destination.contains(known.key);
        if (left_on_destination && propagate == PropagateDeletions::no) continue;
        plan.forget.push_back(known.key.uid());
        if (left_on_destination) plan.remove.push_back(known.key.uid());
    }
    return plan;
}

}  // namespace offlineimap::plan
