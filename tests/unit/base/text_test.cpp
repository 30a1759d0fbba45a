#include "offlineimap/base/text.hpp"

#include <gtest/gtest.h>

namespace offlineimap::base {
namespace {

using namespace std::string_literals;

TEST(Text, SplitsAndJoins) {
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
    EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
    EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, TrimsAsciiBlanksOnly) {
    EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
    EXPECT_EQ(trim("\xC2\xA0x"), "\xC2\xA0x");
    EXPECT_EQ(trim("   "), "");
}

TEST(Text, ComparesIgnoringAsciiCase) {
    EXPECT_TRUE(equals_ignoring_case("InBoX", "INBOX"));
    EXPECT_FALSE(equals_ignoring_case("INBOX", "INBO"));
    EXPECT_TRUE(starts_with_ignoring_case("Content-Type: x", "content-type"));
    EXPECT_FALSE(starts_with_ignoring_case("C", "content"));
}

TEST(Text, ParsesWholeIntegersOnly) {
    EXPECT_EQ(parse_integer<int>("-12"), -12);
    EXPECT_EQ(parse_integer<unsigned>("4294967295"), 4294967295U);
    for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x10", "4294967296", "-1"}) {
        EXPECT_FALSE(parse_integer<std::uint32_t>(text).has_value()) << text;
    }
}

TEST(Text, ReplacesEveryOccurrence) {
    EXPECT_EQ(replace_all("a.b.c", ".", "::"), "a::b::c");
    EXPECT_EQ(replace_all("aaa", "aa", "b"), "ba");
    EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(Text, MakesForeignTextHarmlessForATerminal) {
    EXPECT_EQ(printable("a\x1b[31m\r\n\0\x7f"s), "a\\x1b[31m\\x0d\\x0a\\x00\\x7f");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m"),
              "\\xc2\\x9b31m");
    EXPECT_EQ(printable("\x9B"
                        "31m \xFF \xC3"),
              "\\x9b31m \\xff \\xc3");
    EXPECT_EQ(printable("€ 𝄞"), "€ 𝄞");
    EXPECT_EQ(printable("a\xE2\x80\xAEz"), "a\\xe2\\x80\\xaez");
    EXPECT_EQ(printable("Gäste"), "Gäste");
}

TEST(Text, CutsForeignTextAtACharactersBoundary) {
    EXPECT_EQ(printable("abcdef", 3), "abc...");
    EXPECT_EQ(printable("abä", 3), "ab...");
    EXPECT_EQ(printable("abc", 3), "abc");
}

}  // namespace
}  // namespace offlineimap::base
