#include "../../../src/ui/live_lines.hpp"

#include <gtest/gtest.h>

namespace offlineimap::ui {
namespace {

constexpr LiveLines::Size kSize{.columns = 80, .rows = 24};

TEST(LiveLines, TakesAwayNothingWhereNothingStands) {
    LiveLines lines;
    EXPECT_FALSE(lines.stand());
    EXPECT_EQ(lines.erase(), "");
}

TEST(LiveLines, DrawsWithoutALineEndAndTakesAwayFromTheFirst) {
    LiveLines lines;
    EXPECT_EQ(lines.draw({"one"}, kSize), "one");
    EXPECT_TRUE(lines.stand());
    EXPECT_EQ(lines.erase(), "\r\x1b[J");
    EXPECT_EQ(lines.draw({"one", "two", "three"}, kSize), "one\ntwo\nthree");
    EXPECT_EQ(lines.erase(), "\r\x1b[2A\x1b[J");
    EXPECT_FALSE(lines.stand());
    EXPECT_EQ(lines.erase(), "");
}

TEST(LiveLines, LeavesTheLastColumnsFree) {
    EXPECT_EQ(LiveLines().draw({"0123456789"}, {.columns = 10, .rows = 24}), "012345\xE2\x80\xA6");
    EXPECT_EQ(LiveLines().draw({"0123456"}, {.columns = 10, .rows = 24}), "0123456");
    EXPECT_EQ(LiveLines().draw({"text"}, {.columns = 1, .rows = 24}), "");
}

TEST(LiveLines, LeavesALineForTheLog) {
    LiveLines lines;
    EXPECT_EQ(lines.draw({"one", "two", "three", "four"}, {.columns = 80, .rows = 3}),
              "one\nand 3 more accounts");
    EXPECT_EQ(lines.erase(), "\r\x1b[1A\x1b[J");
    EXPECT_EQ(lines.draw({"one"}, {.columns = 80, .rows = 1}), "");
    EXPECT_FALSE(lines.stand());
}

TEST(LiveLines, LeavesWhatSomebodyElseHasWrittenBehind) {
    LiveLines lines;
    lines.draw({"one", "two"}, kSize);
    lines.forget();
    EXPECT_EQ(lines.erase(), "");
}

}  // namespace
}  // namespace offlineimap::ui
