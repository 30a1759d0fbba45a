#include "../../../src/ui/blinkenlights_palette.hpp"

#include <gtest/gtest.h>

namespace offlineimap::ui::blinkenlights {
namespace {

TEST(BlinkenlightsPalette, UsesTheColoursThereAre) {
    EXPECT_EQ(paint_of(Tone::copying, 8), (Paint{.foreground = 3}));
    EXPECT_EQ(paint_of(Tone::copying, 88), (Paint{.foreground = 3}));
    EXPECT_EQ(paint_of(Tone::copying, 256), (Paint{.foreground = 208}));
    EXPECT_EQ(paint_of(Tone::copying, 1 << 24), (Paint{.foreground = 3})) << "208 would be a blue";
    EXPECT_EQ(paint_of(Tone::ended, 8), (Paint{.foreground = 0}));
    EXPECT_EQ(paint_of(Tone::ended, 16), (Paint{.foreground = 8}));
}

TEST(BlinkenlightsPalette, TellsAddedFromRemovedFlags) {
    EXPECT_EQ(paint_of(Tone::adding_flags, 8), (Paint{.foreground = 3, .bold = true}));
    EXPECT_EQ(paint_of(Tone::removing_flags, 8), (Paint{.foreground = 5, .bold = true}));
}

TEST(BlinkenlightsPalette, LeavesTheTerminalsOwnColourWhereThereIsNoOther) {
    EXPECT_EQ(paint_of(Tone::plain, 256), Paint{});
}

TEST(BlinkenlightsPalette, GivesOnlyTheBannerABackground) {
    EXPECT_EQ(paint_of(Tone::banner, 8), (Paint{.foreground = 7, .background = 4, .bold = true}));
    for (int tone = 0; tone <= static_cast<int>(Tone::ended); ++tone) {
        if (static_cast<Tone>(tone) == Tone::banner) continue;
        EXPECT_EQ(paint_of(static_cast<Tone>(tone), 256).background, Paint::kOrdinary);
    }
}

TEST(BlinkenlightsPalette, DoesWithoutColoursWhereThereAreNone) {
    for (const int colours : {0, 2}) {
        EXPECT_EQ(paint_of(Tone::banner, colours), (Paint{.reverse = true}));
        EXPECT_EQ(paint_of(Tone::warning, colours), (Paint{.reverse = true}));
        EXPECT_EQ(paint_of(Tone::copying, colours), (Paint{.bold = true}));
        EXPECT_EQ(paint_of(Tone::folder, colours), Paint{});
        EXPECT_EQ(paint_of(Tone::ended, colours), (Paint{.dim = true}));
    }
}

}  // namespace
}  // namespace offlineimap::ui::blinkenlights
