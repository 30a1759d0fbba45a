#include "../../../src/ui/columns.hpp"

#include <gtest/gtest.h>

namespace offlineimap::ui {
namespace {

TEST(Columns, CountsWhatATerminalShows) {
    EXPECT_EQ(columns_of(""), 0U);
    EXPECT_EQ(columns_of("INBOX"), 5U);
    EXPECT_EQ(columns_of("Entw\xC3\xBCrfe"), 8U);
    EXPECT_EQ(columns_of("\xE6\x97\xA5\xE6\x9C\xAC"), 4U);  // two wide characters
    EXPECT_EQ(columns_of("e\xCC\x81"), 1U);                 // a combining accent
    EXPECT_EQ(columns_of("\xFF\xFE"), 2U);                  // no UTF-8
}

TEST(Columns, CutsWithoutBreakingACharacter) {
    EXPECT_EQ(cut_to_columns("INBOX", 5), "INBOX");
    EXPECT_EQ(cut_to_columns("INBOX", 4), "INB\xE2\x80\xA6");
    EXPECT_EQ(cut_to_columns("\xE6\x97\xA5\xE6\x9C\xAC", 4), "\xE6\x97\xA5\xE6\x9C\xAC");
    EXPECT_EQ(cut_to_columns("\xE6\x97\xA5\xE6\x9C\xAC", 3), "\xE6\x97\xA5\xE2\x80\xA6");
    EXPECT_EQ(cut_to_columns("\xE6\x97\xA5\xE6\x9C\xAC", 2), "\xE2\x80\xA6");
    EXPECT_EQ(cut_to_columns("INBOX", 0), "");
}

}  // namespace
}  // namespace offlineimap::ui
