#include <string>

#include <gtest/gtest.h>

#include "listing_builder.hpp"

namespace offlineimap::plan {
namespace {

using test::comparable;
using test::listing;
using test::uids;

constexpr auto add = FlagChange::add;
constexpr auto remove = FlagChange::remove;

struct FlagCase {
    std::string description;
    mail::Listing source;
    mail::Listing destination;
    mail::Listing status;
    std::vector<FlagStep> expected;
};

const std::vector<FlagCase>& flag_cases() {
    static const std::vector<FlagCase> cases = {
        {"nothing anywhere", listing({}), listing({}), listing({}), {}},
        {"a flag added on the source",
         listing({{1, "FS"}}),
         listing({{1, "S"}}),
         listing({{1, "S"}}),
         {{add, 'F', uids({1})}}},
        {"a flag removed on the source",
         listing({{1, ""}}),
         listing({{1, "S"}}),
         listing({{1, "S"}}),
         {{remove, 'S', uids({1})}}},
        {"the difference is to the status, whatever the destination has",
         listing({{1, "S"}, {2, ""}}),
         listing({{1, "S"}, {2, "F"}}),
         listing({{1, ""}, {2, ""}}),
         {{add, 'S', uids({1})}}},
        {"grouped by letter: additions, then removals, letters ascending",
         listing({{1, "SRa"}, {2, "S"}, {9, "D"}}),
         listing({{1, "F"}, {2, "FT"}, {9, ""}}),
         listing({{1, "F"}, {2, "FT"}, {9, ""}}),
         {{add, 'D', uids({9})},
          {add, 'R', uids({1})},
          {add, 'S', uids({1, 2})},
          {add, 'a', uids({1})},
          {remove, 'F', uids({1, 2})},
          {remove, 'T', uids({2})}}},
        {"a message without a row counts as one without flags",
         listing({{4, "S"}}),
         listing({{4, ""}}),
         listing({}),
         {{add, 'S', uids({4})}}},
        {"messages on one side only are left alone",
         listing({{1, "S"}, {-1, "F"}}),
         listing({{2, ""}, {-1, ""}}),
         listing({{1, ""}, {2, "S"}}),
         {}},
        {"letters that one side cannot express are neither added nor removed",
         listing({{1, "PS"}, {2, ""}}),
         listing({{1, "S"}, {2, "z"}}),
         listing({{1, "S"}, {2, "Pz"}}),
         {}},
    };
    return cases;
}

TEST(PlanFlagChanges, FollowsTheTable) {
    for (const auto& row : flag_cases()) {
        SCOPED_TRACE(row.description);
        EXPECT_EQ(plan_flag_changes(row.source, row.destination, row.status, comparable()), row.expected);
    }
}

}  // namespace
}  // namespace offlineimap::plan
