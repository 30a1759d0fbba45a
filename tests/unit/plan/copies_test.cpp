#include <string>

#include <gtest/gtest.h>

#include "listing_builder.hpp"

namespace offlineimap::plan {
namespace {

using test::comparable;
using test::flags;
using test::key;
using test::listing;
using test::uids;

CopyStep transfer(std::int64_t number, std::string_view letters, std::size_t nth) {
    return {key(number), flags(letters), CopyAction::transfer, CopyReason::not_in_status, nth};
}

CopyStep record(std::int64_t number, std::string_view letters, std::size_t nth) {
    return {key(number), flags(letters), CopyAction::record_only, CopyReason::not_in_status, nth};
}

struct CopyCase {
    std::string description;
    mail::Listing source;
    mail::Listing destination;
    mail::Listing status;
    std::vector<base::Uid> ignored;
    CopyPlan expected;
};

const std::vector<CopyCase>& copy_cases() {
    static const std::vector<CopyCase> cases = {
        {"nothing anywhere", listing({}), listing({}), listing({}), {}, {}},
        {"a new message is transferred with its flags",
         listing({{1, "S"}}),
         listing({}),
         listing({}),
         {},
         {.steps = {transfer(1, "S", 1)}, .ignored = {}, .total = 1}},
        {"a message in step on both sides needs nothing",
         listing({{1, "S"}}),
         listing({{1, "S"}}),
         listing({{1, "S"}}),
         {},
         {}},
        {"a message deleted on the destination since is not copied back",
         listing({{1, "S"}}),
         listing({}),
         listing({{1, "S"}}),
         {},
         {}},
        {"a lost status is rebuilt without transfer",
         listing({{1, "S"}, {2, "F"}}),
         listing({{1, ""}, {2, "F"}}),
         listing({}),
         {},
         {.steps = {record(1, "S", 1), record(2, "F", 2)}, .ignored = {}, .total = 2}},
        {"new local messages go first, the most negative before the others",
         listing({{7, ""}, {-1, "F"}, {-3, ""}, {-2, "S"}}),
         listing({}),
         listing({}),
         {},
         {.steps = {transfer(-3, "", 1), transfer(-2, "S", 2), transfer(-1, "F", 3), transfer(7, "", 4)},
          .ignored = {},
          .total = 4}},
        {"messages without UID on both sides are different messages",
         listing({{-1, "S"}}),
         listing({{-1, "F"}}),
         listing({{-1, ""}}),
         {},
         {.steps = {transfer(-1, "S", 1)}, .ignored = {}, .total = 1}},
        {"letters that one side cannot express stay out of the step",
         listing({{-1, "PSaz"}, {3, "P"}}),
         listing({{3, ""}}),
         listing({}),
         {},
         {.steps = {transfer(-1, "Sa", 1), record(3, "", 2)}, .ignored = {}, .total = 2}},
        {"ignored messages count in the total but not in the numbering",
         listing({{1, ""}, {2, ""}, {3, ""}}),
         listing({{3, ""}}),
         listing({}),
         uids({3, 1, 9}),
         {.steps = {transfer(2, "", 1)}, .ignored = {key(1), key(3)}, .total = 3}},
        {"an ignored message that the status knows is not mentioned",
         listing({{1, ""}}),
         listing({{1, ""}}),
         listing({{1, ""}}),
         uids({1}),
         {}},
        {"the largest UID is one like others",
         listing({{1, ""}, {4294967295, "S"}}),
         listing({}),
         listing({{1, ""}}),
         {},
         {.steps = {transfer(4294967295, "S", 1)}, .ignored = {}, .total = 1}},
    };
    return cases;
}

TEST(PlanCopies, FollowsTheTable) {
    for (const auto& row : copy_cases()) {
        SCOPED_TRACE(row.description);
        const auto plan = plan_copies(row.source, row.destination, row.status, row.ignored, comparable());
        EXPECT_EQ(plan.steps, row.expected.steps);
        EXPECT_EQ(plan.ignored, row.expected.ignored);
        EXPECT_EQ(plan.total, row.expected.total);
    }
}

}  // namespace
}  // namespace offlineimap::plan
