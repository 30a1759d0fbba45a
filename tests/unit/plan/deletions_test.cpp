#include <string>

#include <gtest/gtest.h>

#include "listing_builder.hpp"

namespace offlineimap::plan {
namespace {

using test::listing;
using test::uids;

struct DeletionCase {
    std::string description;
    mail::Listing source;
    mail::Listing destination;
    mail::Listing status;
    PropagateDeletions propagate;
    DeletionPlan expected;
};

const std::vector<DeletionCase>& deletion_cases() {
    constexpr auto yes = PropagateDeletions::yes;
    constexpr auto no = PropagateDeletions::no;
    static const std::vector<DeletionCase> cases = {
        {"nothing anywhere", listing({}), listing({}), listing({}), yes, {}},
        {"a message deleted on the source is removed from the destination",
         listing({{1, ""}}),
         listing({{1, ""}, {2, ""}}),
         listing({{1, ""}, {2, ""}}),
         yes,
         {.forget = uids({2}), .remove = uids({2})}},
        {"a message gone from both sides is only forgotten",
         listing({}),
         listing({}),
         listing({{5, "S"}}),
         yes,
         {.forget = uids({5}), .remove = {}}},
        {"a message that the status never knew is kept",
         listing({}),
         listing({{1, ""}, {-1, "S"}}),
         listing({}),
         yes,
         {}},
        {"a row without UID says nothing about the destination's message of that place",
         listing({}),
         listing({{-1, "S"}}),
         listing({{-1, ""}}),
         yes,
         {}},
        {"without propagation the destination's message and its row stay",
         listing({}),
         listing({{1, ""}}),
         listing({{1, ""}}),
         no,
         {}},
        {"without propagation a message gone from both sides is forgotten",
         listing({}),
         listing({{2, ""}}),
         listing({{1, ""}, {2, ""}}),
         no,
         {.forget = uids({1}), .remove = {}}},
        {"several at once, in ascending order",
         listing({{3, ""}}),
         listing({{1, ""}, {3, ""}, {4294967295, ""}}),
         listing({{1, ""}, {2, ""}, {3, ""}, {4294967295, ""}}),
         yes,
         {.forget = uids({1, 2, 4294967295}), .remove = uids({1, 4294967295})}},
    };
    return cases;
}

TEST(PlanDeletions, FollowsTheTable) {
    for (const auto& row : deletion_cases()) {
        SCOPED_TRACE(row.description);
        const auto plan = plan_deletions(row.source, row.destination, row.status, row.propagate);
        EXPECT_EQ(plan.forget, row.expected.forget);
        EXPECT_EQ(plan.remove, row.expected.remove);
    }
}

}  // namespace
}  // namespace offlineimap::plan
