#include <map>
#include <utility>

#include "offlineimap/plan/cursor.hpp"
#include "offlineimap/plan/passes.hpp"

namespace offlineimap::plan {

namespace {

// Ordered as the steps are to be: additions before removals, then by letter.
using UidsByChange = std::map<std::pair<FlagChange, char>, std::vector<base::Uid>>;

void note(UidsByChange& changes, FlagChange change, mail::Flags letters, base::Uid uid) {
    if (letters.empty()) return;
    for (const char letter : letters.to_string()) changes[{change, letter}].push_back(uid);
}

}  // namespace

std::vector<FlagStep> plan_flag_changes(const mail::Listing& source, const mail::Listing& destination,
                                        const mail::Listing& status, mail::Flags comparable) {
    Cursor in_destination(destination);
    Cursor in_status(status);
    UidsByChange changes;
    for (const auto& message : source) {
        if (!message.key.has_uid() || !in_destination.contains(message.key)) continue;
        const auto* known = in_status.find(message.key);
        const auto now = message.flags & comparable;
        const auto before = (known != nullptr ? known->flags : mail::Flags()) & comparable;
        note(changes, FlagChange::add, now - before, message.key.uid());
        note(changes, FlagChange::remove, before - now, message.key.uid());
    }
    std::vector<FlagStep> steps;
    steps.reserve(changes.size());
    for (auto& [which, uids] : changes) steps.push_back({which.first, which.second, std::move(uids)});
    return steps;
}

}  // namespace offlineimap::plan
