#include "offlineimap/base/uid_set.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace offlineimap::base {
namespace {

UidSet set_of(const std::vector<std::uint32_t>& numbers) {
    std::vector<Uid> uids;
    uids.reserve(numbers.size());
    for (const auto number : numbers) uids.emplace_back(number);
    return UidSet::of(uids);
}

TEST(UidSet, WritesRangesAndSingleNumbers) {
    EXPECT_EQ(set_of({1, 2, 3, 7}).to_string(), "1:3,7");
    EXPECT_EQ(set_of({}).to_string(), "");
    EXPECT_EQ(set_of({5, 3, 4, 3, 9, 8}).to_string(), "3:5,8:9");
}

TEST(UidSet, ReadsWhatTheGrammarAllows) {
    EXPECT_EQ(UidSet::parse("1:3,7")->to_string(), "1:3,7");
    EXPECT_EQ(UidSet::parse("4:2")->to_string(), "2:4");
    EXPECT_EQ(UidSet::parse("4294967295")->size(), 1U);
}

TEST(UidSet, RefusesWhatIsNoSet) {
    for (const char* text :
         {"", "0", "1,", ",1", "1:", ":1", "1:0", "a", "1 2", "*", "1:*", "4294967296", "-1"}) {
        EXPECT_FALSE(UidSet::parse(text).has_value()) << text;
    }
}

TEST(UidSet, NeverExpandsAHugeRange) {
    const auto set = UidSet::parse("1:4294967295");
    EXPECT_EQ(set->size(), 4294967295U);
    EXPECT_TRUE(set->contains(Uid(4294967295U)));
    EXPECT_EQ(set->ranges().size(), 1U);
}

TEST(UidSet, HoldsWhatWasAddedInAnyOrder) {
    std::mt19937 engine(7);
    const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(engine() % limit); };
    for (int round = 0; round < 200; ++round) {
        std::set<std::uint32_t> expected;
        UidSet set;
        for (int i = 0; i < 60; ++i) {
            const std::uint32_t first = below(100) + 1;
            const std::uint32_t last = first + below(5);
            for (auto number = first; number <= last; ++number) expected.insert(number);
            set.add({Uid(first), Uid(last)});
        }
        EXPECT_EQ(set, set_of({expected.begin(), expected.end()}));
        for (std::uint32_t number = 1; number < 110; ++number) {
            EXPECT_EQ(set.contains(Uid(number)), expected.contains(number)) << number;
        }
        EXPECT_EQ(UidSet::parse(set.to_string()), set);
    }
}

TEST(SplitUids, CutsByCountAndByTextLength) {
    const std::vector<Uid> uids{Uid(1), Uid(2), Uid(3), Uid(5), Uid(7)};
    const auto by_count = split_uids(uids, 2);
    ASSERT_EQ(by_count.size(), 3U);
    EXPECT_EQ(by_count[0].to_string(), "1:2");
    EXPECT_EQ(by_count[1].to_string(), "3,5");
    EXPECT_EQ(by_count[2].to_string(), "7");
    EXPECT_GT(split_uids(uids, 100, 30).size(), 1U);
    EXPECT_TRUE(split_uids({}, 10).empty());
}

}  // namespace
}  // namespace offlineimap::base
