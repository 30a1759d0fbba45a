#include "offlineimap/mail/header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::mail {
namespace {

using testing::ElementsAre;

std::string with_crlf(std::string_view text) {
    std::string wire;
    for (const char c : text) {
        if (c == '\n') wire += '\r';
        wire += c;
    }
    return wire;
}

TEST(HeaderLength, IncludesTheEmptyLine) {
    const std::vector<std::pair<std::string, std::size_t>> cases = {
        {"", 0},
        {"\nbody", 1},
        {"\r\nbody", 2},
        {"A: b\n\nbody\n\nmore", 6},
        {"A: b\r\n\r\nbody", 8},
        {"A: b\n\r\nbody", 7},
        {"A: b\n", 5},
        {"A: b", 4},
        {"no header\nat all\n", 17},
        {"no header\n\nbody", 11},
        {"A: b\n \nbody", 11},      // a line of blanks is no empty line
        {"A: b\r\r\n\r\nbody", 9},  // nor is a bare CR a line end
        {"\r\r\n", 3},
        {"\r", 1},
    };
    for (const auto& [message, length] : cases) {
        EXPECT_EQ(header_length(message), length) << testing::PrintToString(message);
    }
}

TEST(HeaderValue, FindsTheFirstInAnyCaseAndUnfolds) {
    const std::string block =
        "From someone Mon Jan  1 10:00:00 2024\n"
        "Received: one\n\tand  more\n \n"
        "SUBJECT :  obsolete blanks  \n"
        "received: two\n"
        "Empty:\n"
        "Received-SPF: no\n"
        "text: with: colons\n"
        "\n"
        "Hidden: body\n";
    for (const auto& text : {block, with_crlf(block)}) {
        EXPECT_EQ(header_value(text, "received"), "one\tand  more");
        EXPECT_THAT(header_values(text, "Received"), ElementsAre("one\tand  more", "two"));
        EXPECT_EQ(header_value(text, "Subject"), "obsolete blanks");
        EXPECT_EQ(header_value(text, "empty"), "");
        EXPECT_EQ(header_value(text, "Text"), "with: colons");
        EXPECT_EQ(header_value(text, "Hidden"), std::nullopt);
        EXPECT_EQ(header_value(text, "From"), std::nullopt);
        EXPECT_EQ(header_value(text, "Receive"), std::nullopt);
        EXPECT_THAT(header_values(text, "None"), ElementsAre());
    }
}

TEST(HeaderValue, SurvivesBrokenBlocks) {
    EXPECT_EQ(header_value("", "A"), std::nullopt);
    EXPECT_EQ(header_value(": nameless\nA: x", "A"), "x");
    EXPECT_EQ(header_value(": nameless\nA: x", ""), std::nullopt);
    EXPECT_EQ(header_value(" stray continuation\nA: x\n", "A"), "x");
    EXPECT_EQ(header_value("no colon\nA: x\n", "A"), "x");
    EXPECT_EQ(header_value("no colon\n B: continuation\n", "B"), std::nullopt);
    EXPECT_EQ(header_value("A:", "A"), "");
    EXPECT_EQ(header_value(std::string("A: \0\xE4 x\n", 8), "A"), std::string("\0\xE4 x", 4));
    EXPECT_EQ(header_value("A: bare\rcr\n", "A"), "bare\rcr");
}

TEST(WithoutHeaders, RemovesThemWithTheirContinuations) {
    const std::string block = "A: 1\nX-Drop: a\n b\n\tc\nB: 2\nx-drop: d\nX-Dropped: stays\nC: 3\n\n";
    EXPECT_EQ(without_headers(block, {"X-DROP", "c"}), "A: 1\nB: 2\nX-Dropped: stays\n\n");
    EXPECT_EQ(without_headers(with_crlf(block), {"X-DROP", "c"}), "A: 1\r\nB: 2\r\nX-Dropped: stays\r\n\r\n");
}

TEST(WithoutHeaders, LeavesEveryOtherByte) {
    const std::string odd("junk line\n stray\nA : b\r\nC:\0\xFF\r\r\n\n", 32);
    EXPECT_EQ(without_headers(odd, {"X", ""}), odd);
    EXPECT_EQ(without_headers(odd, {}), odd);
    EXPECT_EQ(without_headers("", {"A"}), "");
    EXPECT_EQ(without_headers("A: x", {"A"}), "");
    EXPECT_EQ(without_headers("\n", {"A"}), "\n");
    EXPECT_EQ(without_headers("\nA: body\n", {"A"}), "\nA: body\n");
}

TEST(WithLastHeader, GoesBeforeTheEmptyLineWithTheBlocksLineEnd) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"A: 1\nB: 2\n c\n\n", "A: 1\nB: 2\n c\nX: y\n\n"},
        {"A: 1\r\n\r\n", "A: 1\r\nX: y\r\n\r\n"},
        {"A: 1\n", "A: 1\nX: y\n"},
        {"A: 1", "A: 1\nX: y\n"},
        {"A: 1\n\r", "A: 1\n\r\r\nX: y\n"},
        {"junk\nA: 1\n\n", "junk\nA: 1\nX: y\n\n"},
        // Messages without a header.
        {"", "X: y\n\n"},
        {"\n", "X: y\n\n"},
        {"\r\n", "X: y\r\n\r\n"},
        {"just text\nand more\n", "X: y\n\njust text\nand more\n"},
        {"just text\r\n\r\n", "X: y\r\n\r\njust text\r\n\r\n"},
    };
    for (const auto& [block, expected] : cases) {
        EXPECT_EQ(with_last_header(block, "X", "y"), expected) << testing::PrintToString(block);
    }
}

TEST(WithLastHeader, IsUndoneByWithoutHeaders) {
    for (const std::string block : {"A: 1\nB: 2\n\n", "A: 1\r\n\r\n", "A: 1\n", "\n"}) {
        const auto extended = with_last_header(block, "X-OfflineIMAP", "1-2");
        EXPECT_EQ(header_value(extended, "x-offlineimap"), "1-2");
        EXPECT_EQ(without_headers(extended, {"X-OfflineIMAP"}), block);
    }
}

TEST(HeaderLength, ScansALineOfTenMegabytes) {
    const std::string message = "A: " + std::string(10U << 20U, 'x') + "\n\nbody";
    EXPECT_EQ(header_length(message), message.size() - 4);
}

}  // namespace
}  // namespace offlineimap::mail
