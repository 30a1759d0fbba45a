#include "offlineimap/status/plain_format.hpp"

#include "offlineimap/base/text.hpp"

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

const std::string kOne = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 1\n";
const std::string kTwo = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2\n";

std::vector<Row> rows_of(const std::string& content) {
    const auto parsed = parse_plain_status(content);
    if (parsed) return parsed->rows;
    ADD_FAILURE() << "refused: " << parsed.error().line;
    return {};
}

TEST(PlainFormat, ReadsVersionOne) {
    const auto parsed = parse_plain_status(kOne + "1:RS\n3:FS\n4:\n");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->version, PlainVersion::one);
    EXPECT_EQ(parsed->rows, (std::vector<Row>{row(1, "RS"), row(3, "FS"), row(4, "")}));
}

TEST(PlainFormat, ReadsVersionTwo) {
    const auto parsed = parse_plain_status(kTwo + "1|RS|0|\n3|FS|1234567890|Foo, Bar\n");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->version, PlainVersion::two);
    EXPECT_EQ(parsed->rows, (std::vector<Row>{row(1, "RS"), row(3, "FS", 1234567890, {"Bar", "Foo"})}));
}

TEST(PlainFormat, WritesVersionTwoWithSortedFlags) {
    const std::vector<Row> rows = {row(1, "SR"), row(3, "aSF", 1234567890, {"Bar", "Foo"})};
    EXPECT_EQ(format_plain_status(rows), kTwo + "1|RS|0|\n3|FSa|1234567890|Bar, Foo\n");
}

TEST(PlainFormat, KeepsABarInsideALabel) {
    const std::vector<Row> rows = {row(1, "", 5, {"a|b", "c"})};
    EXPECT_EQ(rows_of(format_plain_status(rows)), rows);
}

TEST(PlainFormat, ToleratesWhatTheOriginalDoes) {
    EXPECT_EQ(rows_of(kTwo), std::vector<Row>{});
    EXPECT_EQ(rows_of(kTwo + "9|S|0|\n2|F|0|\n"), (std::vector<Row>{row(2, "F"), row(9, "S")}));
    EXPECT_EQ(rows_of(kTwo + "2|S|0|\n2|F|7|\n2|T|8|\n"), std::vector<Row>{row(2, "T", 8)});
    EXPECT_EQ(rows_of(kTwo + " 2|S|-3|a, ,b,a \r\n"), (std::vector<Row>{row(2, "S", -3, {"a", "b"})}));
}

TEST(PlainFormat, SkipsNumbersThatAreNoUid) {
    EXPECT_EQ(rows_of(kTwo + "0|S|0|\n-1|S|0|\n4294967296|S|0|\n4294967295|S|0|\n"),
              std::vector<Row>{row(4294967295, "S")});
    EXPECT_EQ(rows_of(kOne + "-2:S\n5:\n"), std::vector<Row>{row(5, "")});
}

TEST(PlainFormat, NamesACorruptLine) {
    const std::vector<std::string> lines = {"",
                                            "1",
                                            "1|S",
                                            "1|S|0",
                                            "x|S|0|",
                                            "|S|0|",
                                            "1|S||",
                                            "1|S|x|",
                                            "1:S",
                                            "1.5|S|0|",
                                            "+1||0|",
                                            "1 |S|0|",
                                            "99999999999999999999|S|0|"};
    for (const auto& line : lines) {
        const auto parsed = parse_plain_status(base::join({kTwo + "1|S|0|", line, "2|S|0|", ""}, "\n"));
        ASSERT_FALSE(parsed) << line;
        EXPECT_EQ(parsed.error().defect, PlainDefect::corrupt_line) << line;
        EXPECT_EQ(parsed.error().line, line);
    }
    for (const std::string line : {"", "1", "1:S:T", "x:S", ":", "1|S|0|"}) {
        const auto parsed = parse_plain_status(kOne + line + "\n");
        ASSERT_FALSE(parsed) << line;
        EXPECT_EQ(parsed.error().line, line);
    }
}

TEST(PlainFormat, RefusesAnUnknownMagic) {
    for (const std::string content :
         {"", "\n", "1|S|0|\n", "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 3\n",
          "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2"}) {
        const auto parsed = parse_plain_status(content);
        ASSERT_FALSE(parsed) << content;
        EXPECT_EQ(parsed.error().defect, PlainDefect::unknown_magic) << content;
    }
}

// Nothing in the format tells a file that was cut behind a line from a shorter one; everything else is seen.
TEST(PlainFormat, NoticesACutAnywhereButBehindALine) {
    const std::vector<Row> all = {row(1, "RS"), row(23, "FSab", 1234567890, {"Bar", "Foo"}), row(456, "")};
    const auto content = format_plain_status(all);
    for (std::size_t length = 0; length < content.size(); ++length) {
        const auto parsed = parse_plain_status(content.substr(0, length));
        const bool behind_a_line = length > 0 && content[length - 1] == '\n';
        ASSERT_EQ(parsed.has_value(), behind_a_line) << length;
        if (!behind_a_line) continue;
        const auto& rows = parsed->rows;
        ASSERT_LT(rows.size(), all.size());
        EXPECT_TRUE(std::equal(rows.begin(), rows.end(), all.begin())) << length;
    }
}

}  // namespace
}  // namespace offlineimap::status::test
