#include "offlineimap/mail/message_bytes.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace offlineimap::mail {
namespace {

struct Case {
    std::string from;
    std::string to;
};

std::string to_lf(std::string_view wire, std::size_t piece_size) {
    CrlfToLf converter;
    std::string out;
    for (std::size_t at = 0; at < wire.size(); at += piece_size)
        converter.convert(wire.substr(at, piece_size), out);
    converter.finish(out);
    return out;
}

std::string to_crlf(std::string_view disk, std::size_t piece_size) {
    LfToCrlf converter;
    std::string out;
    for (std::size_t at = 0; at < disk.size(); at += piece_size)
        converter.convert(disk.substr(at, piece_size), out);
    return out;
}

TEST(CrlfToLf, ChangesOnlyCrlfHoweverTheBytesArrive) {
    const std::vector<Case> cases = {
        {"", ""},
        {"a\r\nb\r\n", "a\nb\n"},
        {"a\nb", "a\nb"},
        {"\r\n\r\n", "\n\n"},
        {"a\rb", "a\rb"},
        {"\r", "\r"},
        {"a\r", "a\r"},
        {"a\r\r", "a\r\r"},
        {"\r\r\n", "\r\n"},
        {"\r\r\r\n\n", "\r\r\n\n"},
        {std::string("\0\r\n\0\xFF\r", 6), std::string("\0\n\0\xFF\r", 5)},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(testing::PrintToString(c.from));
        for (const std::size_t piece : {1U, 2U, 3U, 100U}) EXPECT_EQ(to_lf(c.from, piece), c.to);
    }
}

TEST(CrlfToLf, IgnoresEmptyPiecesBetweenCrAndLf) {
    CrlfToLf converter;
    std::string out;
    for (const auto* piece : {"a\r", "", "\n", "\r", "", "b"}) converter.convert(piece, out);
    converter.finish(out);
    EXPECT_EQ(out, "a\n\rb");
}

TEST(CrlfToLf, StartsAfreshAfterFinish) {
    CrlfToLf converter;
    std::string out;
    converter.convert("a\r", out);
    converter.finish(out);
    converter.convert("\nb", out);
    EXPECT_EQ(out, "a\r\nb");
}

TEST(LfToCrlf, CompletesLineEndsHoweverTheBytesArrive) {
    const std::vector<Case> cases = {
        {"", ""},
        {"a\nb\n", "a\r\nb\r\n"},
        {"\n\n", "\r\n\r\n"},
        {"a\r\nb", "a\r\nb"},
        {"a\rb\n", "a\rb\r\n"},
        {"\r", "\r"},
        {"\r\n\n", "\r\n\r\n"},
        {"\r\r\n", "\r\r\n"},
        {std::string("\0\n\xFF", 3), std::string("\0\r\n\xFF", 4)},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(testing::PrintToString(c.from));
        for (const std::size_t piece : {1U, 2U, 3U, 100U}) EXPECT_EQ(to_crlf(c.from, piece), c.to);
    }
}

TEST(LineEnds, RoundTripEveryMessageWithoutBareLineFeedsAndDoubleCr) {
    std::mt19937 random(20261123);
    for (int round = 0; round < 500; ++round) {
        std::string wire;
        const auto pieces = random() % 40;
        for (unsigned i = 0; i < pieces; ++i) {
            switch (random() % 4) {
                case 0:
                    wire += "\r\n";
                    break;
                case 1:
                    wire += "\rx";
                    break;
                case 2:
                    wire += '\0';
                    break;
                default:
                    wire += "text";
                    break;
            }
        }
        EXPECT_EQ(to_crlf(to_lf(wire, 1 + random() % 5), 1 + random() % 5), wire);
    }
}

TEST(LineEnds, TakeALineOfTenMegabytes) {
    const std::string line(10U << 20U, 'x');
    EXPECT_EQ(to_lf(line + "\r\n", 65536), line + "\n");
    EXPECT_EQ(to_crlf(line + "\n", 65536), line + "\r\n");
}

TEST(RecognisableForm, HidesBytesBeyondAsciiInTheHeaderOnlyHoweverTheBytesArrive) {
    const std::vector<Case> cases = {
        {"", ""},
        {"Subject: \xc3\xbc\r\n\r\n\xc3\xbc\r\n", "Subject: XX\r\n\r\n\xc3\xbc\r\n"},
        {"\r\n\xff", "\r\n\xff"},
        {"\n\xff", "\n\xff"},
        {"\xff\n\xff\n\n\xff", "X\nX\n\n\xff"},
        {"a\r\n \r\n\xff\r\n", "a\r\n \r\nX\r\n"},
    };
    for (const auto& [from, to] : cases) {
        for (const std::size_t piece_size : {1U, 2U, 3U, 100U}) {
            RecognisableForm form;
            std::string out;
            const std::string_view whole = from;
            for (std::size_t at = 0; at < whole.size(); at += piece_size)
                form.convert(whole.substr(at, piece_size), out);
            EXPECT_EQ(out, to) << "in pieces of " << piece_size;
        }
    }
}

}  // namespace
}  // namespace offlineimap::mail
