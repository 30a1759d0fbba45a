// The three-way planner: what a direction's passes have to do, from listings alone. Pure: no I/O, no clock,
// no logging. One pass is planned, executed, and its outcomes update the listings before the next is planned;
// both directions are never folded into one plan (reference: synchronisation §6).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/mail/flags.hpp"
#include "offlineimap/mail/listing.hpp"

namespace offlineimap::plan {

enum class CopyAction {
    transfer,     // the destination lacks it
    record_only,  // both sides have this UID, only the status does not: how a lost status is rebuilt without
                  // transfer
};
enum class CopyReason { not_in_status };

struct CopyStep {
    mail::MessageKey key;
    mail::Flags flags;  // the source's, masked by `comparable`
    CopyAction action;
    CopyReason reason;
    std::size_t nth;  // for "(n/total)", from 1; ignored messages count in the total but have no step
    bool operator==(const CopyStep&) const = default;
};

struct CopyPlan {
    std::vector<CopyStep> steps;  // ascending keys: new local messages first, the most negative first
    std::vector<mail::MessageKey> ignored;  // `copy_ignore_eval`
    std::size_t total = 0;
    bool operator==(const CopyPlan&) const = default;
};

// Pass 1: every message of `source` that `status` does not know. `ignored`: UIDs never to be copied.
// `comparable`: the letters that mean something on both sides; others are left out of steps, so that the
// status never holds them.
CopyPlan plan_copies(const mail::Listing& source, const mail::Listing& destination,
                     const mail::Listing& status, std::span<const base::Uid> ignored, mail::Flags comparable);

enum class PropagateDeletions { no, yes };

struct DeletionPlan {
    std::vector<base::Uid> forget;  // leave the status: all of `remove` and those that neither side has
    std::vector<base::Uid> remove;  // are deleted from the destination after the status forgot them
    bool operator==(const DeletionPlan&) const = default;
};

// Pass 2: what the status knows and the source no longer has. Without propagation (`sync_deletes = no`) a
// message that the destination still has keeps its row, so that it is not copied back either. No plan removes
// what the status never knew.
DeletionPlan plan_deletions(const mail::Listing& source, const mail::Listing& destination,
                            const mail::Listing& status, PropagateDeletions propagate);

enum class FlagChange { add, remove };

struct FlagStep {
    FlagChange change;
    char letter;
    std::vector<base::Uid> uids;  // ascending
    bool operator==(const FlagStep&) const = default;
};

// Pass 3: for messages on both sides, the source's difference to the status, grouped by letter; letters
// outside `comparable` are left alone. Additions first, then removals, letters ascending.
std::vector<FlagStep> plan_flag_changes(const mail::Listing& source, const mail::Listing& destination,
                                        const mail::Listing& status, mail::Flags comparable);

}  // namespace offlineimap::plan
