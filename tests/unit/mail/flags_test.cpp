#include "offlineimap/mail/flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::mail {
namespace {

using testing::ElementsAre;

TEST(Flags, AreWrittenInCodePointOrder) {
    EXPECT_EQ(Flags::parse("baTSRz_F0D").to_string(), "0DFRST_abz");
    EXPECT_EQ(Flags().to_string(), "");
}

TEST(Flags, RoundTripEveryLetter) {
    const std::string all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    EXPECT_EQ(Flags::parse(all).to_string(), all);
    for (const char letter : all)
        EXPECT_EQ(Flags::parse(std::string(1, letter)).to_string(), std::string(1, letter));
}

TEST(Flags, IgnoreWhatCannotBeALetter) {
    EXPECT_EQ(Flags::parse(std::string_view("S,\0:\xC3\xA4 -F", 9)).to_string(), "FS");
    EXPECT_FALSE(Flags::is_letter(','));
    EXPECT_FALSE(Flags::parse("S").contains(','));
    EXPECT_TRUE(Flags().add('-').empty());
}

TEST(Flags, AreASet) {
    const auto a = Flags::parse("FS");
    const auto b = Flags::parse("SR");
    EXPECT_EQ(a | b, Flags::parse("FRS"));
    EXPECT_EQ(a & b, Flags::parse("S"));
    EXPECT_EQ(a - b, Flags::parse("F"));
    EXPECT_EQ(Flags::parse("FS").remove('F'), Flags::parse("S"));
    EXPECT_EQ(Flags::parse("SS"), Flags::parse("S"));
}

TEST(Flags, KnowWhichLettersImapHas) {
    EXPECT_EQ(imap_flags().to_string(), "DFRST");
    EXPECT_EQ(keyword_letters().to_string(), "abcdefghijklmnopqrstuvwxyz");
}

TEST(Flags, TranslateImapSystemFlagsInAnyCase) {
    EXPECT_EQ(letter_of_imap_flag("\\Seen"), 'S');
    EXPECT_EQ(letter_of_imap_flag("\\ANSWERED"), 'R');
    EXPECT_EQ(letter_of_imap_flag("\\flagged"), 'F');
    EXPECT_EQ(letter_of_imap_flag("\\Deleted"), 'T');
    EXPECT_EQ(letter_of_imap_flag("\\dRaFt"), 'D');
    EXPECT_EQ(letter_of_imap_flag("\\Recent"), std::nullopt);
    EXPECT_EQ(letter_of_imap_flag("Seen"), std::nullopt);
    EXPECT_EQ(letter_of_imap_flag("$Forwarded"), std::nullopt);
    EXPECT_EQ(letter_of_imap_flag(""), std::nullopt);
}

TEST(Flags, TranslateToTheWireSortedByName) {
    EXPECT_THAT(imap_flags_of(Flags::parse("STRFDPa")),
                ElementsAre("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"));
    EXPECT_THAT(imap_flags_of(Flags::parse("Px")), ElementsAre());
    EXPECT_EQ(imap_flag_of_letter('T'), "\\Deleted");
    EXPECT_EQ(imap_flag_of_letter('P'), "");
    EXPECT_EQ(imap_flag_of_letter('s'), "");
}

}  // namespace
}  // namespace offlineimap::mail
