#include "offlineimap/imap/framer.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace offlineimap::imap {
namespace {

// The pieces of an input, as text: fragments in quotes, literals as "<n>bytes", and how it ended.
std::vector<std::string> pieces(Framer& framer, const std::string& input, std::size_t step) {
    std::vector<std::string> all;
    std::string literal;
    for (std::size_t i = 0; i < input.size(); i += step) {
        framer.receive(std::string_view{input}.substr(i, step));
        for (;;) {
            const auto piece = framer.next();
            if (std::holds_alternative<NeedMore>(piece)) break;
            if (const auto* broken = std::get_if<BrokenFraming>(&piece)) {
                all.push_back("broken: " + broken->why);
                return all;
            }
            if (const auto* fragment = std::get_if<Fragment>(&piece)) {
                auto text = "'" + std::string(fragment->content) + "'";
                if (fragment->literal) text += " then " + std::to_string(*fragment->literal);
                all.push_back(text);
            } else {
                const auto& bytes = std::get<LiteralBytes>(piece);
                literal += bytes.bytes;
                if (bytes.last) all.push_back("<" + std::exchange(literal, {}) + ">");
            }
        }
    }
    return all;
}

std::vector<std::string> pieces(const std::string& input, std::size_t step, std::size_t limit = 1000) {
    Framer framer(limit);
    return pieces(framer, input, step);
}

using Strings = std::vector<std::string>;

class FramerSteps : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(WholeAndInPieces, FramerSteps, testing::Values(1, 2, 3, 7, 100000));

TEST_P(FramerSteps, CutsLinesAtTheirEnds) {
    EXPECT_EQ(pieces("* OK hi\r\n\r\nA1 OK\r\n", GetParam()), (Strings{"'* OK hi'", "''", "'A1 OK'"}));
}

TEST_P(FramerSteps, HandsOutLiteralsBetweenTheFragmentsOfAResponse) {
    EXPECT_EQ(pieces("* 1 FETCH (BODY[] {5}\r\na\r\nb\n UID 7)\r\n", GetParam()),
              (Strings{"'* 1 FETCH (BODY[] ' then 5", "<a\r\nb\n>", "' UID 7)'"}));
}

TEST_P(FramerSteps, TakesAnEmptyLiteral) {
    EXPECT_EQ(pieces("x {0}\r\n)\r\n", GetParam()), (Strings{"'x ' then 0", "')'"}));
}

TEST_P(FramerSteps, TakesANonSynchronizingLiteralFromAServer) {
    EXPECT_EQ(pieces("x {2+}\r\nab)\r\n", GetParam()), (Strings{"'x ' then 2", "<ab>", "')'"}));
}

TEST_P(FramerSteps, RefusesALineFeedWithoutCarriageReturn) {
    EXPECT_EQ(pieces("* OK\n", GetParam()), (Strings{"broken: a line ends in LF without CR"}));
    EXPECT_EQ(pieces("\n", GetParam()), (Strings{"broken: a line ends in LF without CR"}));
}

TEST_P(FramerSteps, RefusesALineLongerThanTheLimit) {
    EXPECT_EQ(pieces(std::string(11, 'x'), GetParam(), 10),
              (Strings{"broken: a line is longer than the limit"}));
    EXPECT_EQ(pieces(std::string(9, 'x') + "\r\n", GetParam(), 10),
              (Strings{"broken: a line is longer than the limit"}));
    EXPECT_EQ(pieces(std::string(8, 'x') + "\r\n", GetParam(), 10), (Strings{"'xxxxxxxx'"}));
}

TEST_P(FramerSteps, DoesNotCountLiteralsAsLines) {
    const std::string body(5000, 'b');
    EXPECT_EQ(pieces("x {5000}\r\n" + body + ")\r\n", GetParam(), 10),
              (Strings{"'x ' then 5000", "<" + body + ">", "')'"}));
}

TEST(Framer, TakesSizesUpTo63Bits) {
    EXPECT_EQ(pieces("x {2147483648}\r\n", 100), (Strings{"'x ' then 2147483648"}));
    EXPECT_EQ(pieces("x {4294967295}\r\n", 100), (Strings{"'x ' then 4294967295"}));
    EXPECT_EQ(pieces("x {9223372036854775807}\r\n", 100), (Strings{"'x ' then 9223372036854775807"}));
}

TEST(Framer, RefusesLargerSizes) {
    const Strings refused{"broken: a literal is larger than any can be"};
    EXPECT_EQ(pieces("x {9223372036854775808}\r\n", 100), refused);
    EXPECT_EQ(pieces("x {18446744073709551615}\r\n", 100), refused);
    EXPECT_EQ(pieces("x {" + std::string(500, '9') + "}\r\n", 1000), refused);
}

TEST(Framer, TakesOnlyDigitsForASize) {
    EXPECT_EQ(pieces("x {-1}\r\n", 100), (Strings{"'x {-1}'"}));
    EXPECT_EQ(pieces("x {}\r\n", 100), (Strings{"'x {}'"}));
    EXPECT_EQ(pieces("x {+}\r\n", 100), (Strings{"'x {+}'"}));
    EXPECT_EQ(pieces("x {1 }\r\n", 100), (Strings{"'x {1 }'"}));
    EXPECT_EQ(pieces("x 1}\r\n", 100), (Strings{"'x 1}'"}));
    EXPECT_EQ(pieces("{5} x\r\n", 100), (Strings{"'{5} x'"}));
}

TEST(Framer, StaysBroken) {
    Framer framer(100);
    EXPECT_EQ(pieces(framer, "a\n", 10).size(), 1U);
    EXPECT_EQ(pieces(framer, "* OK\r\n", 10), (Strings{"broken: a line ends in LF without CR"}));
}

TEST(Framer, GivesBackWhatWasNotHandedOut) {
    Framer framer(100);
    framer.receive("A1 OK begin\r\nA2 OK injected\r\n* X");
    ASSERT_TRUE(std::holds_alternative<Fragment>(framer.next()));
    EXPECT_EQ(framer.take_unread(), "A2 OK injected\r\n* X");
    EXPECT_EQ(framer.take_unread(), "");
}

TEST(Framer, GivesBackAnUnfinishedLine) {
    Framer framer(100);
    framer.receive("A1 O");
    ASSERT_TRUE(std::holds_alternative<NeedMore>(framer.next()));
    framer.receive("K\r\n");
    ASSERT_TRUE(std::holds_alternative<Fragment>(framer.next()));
    EXPECT_EQ(framer.take_unread(), "");
    framer.receive("half");
    ASSERT_TRUE(std::holds_alternative<NeedMore>(framer.next()));
    framer.receive("more");
    EXPECT_EQ(framer.take_unread(), "halfmore");
}

TEST(Framer, TakesALongerLineWhenTheLimitIsRaised) {
    Framer framer(10);
    framer.set_line_limit(100);
    EXPECT_EQ(pieces(framer, "* SEARCH 1 2 3 4 5 6\r\n", 3), (Strings{"'* SEARCH 1 2 3 4 5 6'"}));
}

}  // namespace
}  // namespace offlineimap::imap
