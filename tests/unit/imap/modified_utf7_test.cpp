#include "offlineimap/imap/modified_utf7.hpp"

#include <string>

#include <gtest/gtest.h>

namespace offlineimap::imap {
namespace {

struct Pair {
    std::string utf8;
    std::string name;
};

class ModifiedUtf7Pairs : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(Names, ModifiedUtf7Pairs,
                         testing::Values(Pair{"", ""}, Pair{"INBOX", "INBOX"}, Pair{"a&b", "a&-b"},
                                         Pair{"&", "&-"}, Pair{"&&", "&-&-"},
                                         Pair{"Entwürfe", "Entw&APw-rfe"}, Pair{"Gäste", "G&AOQ-ste"},
                                         // RFC 3501 §5.1.3's own example.
                                         Pair{"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
                                         Pair{"☺!", "&Jjo-!"}, Pair{"é&", "&AOk-&-"}, Pair{"😀", "&2D3eAA-"},
                                         Pair{"a\x01\x7f", "a&AAEAfw-"}, Pair{"äö", "&AOQA9g-"},
                                         Pair{"\"\\%*", "\"\\%*"}, Pair{"\xEF\xBF\xBF", "&,,8-"}));

TEST_P(ModifiedUtf7Pairs, EncodesAndDecodes) {
    const auto& [utf8, name] = GetParam();
    EXPECT_EQ(encode_modified_utf7(utf8), name);
    EXPECT_EQ(decode_modified_utf7(name), utf8);
}

TEST(EncodeModifiedUtf7, RefusesWhatIsNotUtf8) {
    for (const std::string bad : {"\xff", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                  "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\x80", "\xc3(", "\xe2\x98"}) {
        EXPECT_EQ(encode_modified_utf7(bad), std::nullopt) << testing::PrintToString(bad);
    }
}

TEST(DecodeModifiedUtf7, RefusesNamesThatAreNotWellFormed) {
    for (const std::string bad : {
             "&",            // never closed
             "a&AOQ",        // never closed
             "&AA-",         // half a unit
             "&A-",          // less than that
             "&AOR-",        // bits left over that are not zero
             "&AO Q-",       // foreign digit
             "&AO/Q-",       // '/' of ordinary base64
             "&2D0-",        // half a pair of surrogates
             "&3gA-",        // the other half
             "&2D0AQQ-",     // half a pair, then a letter
             "G\xc3\xa4ste"  // 8-bit
         }) {
        EXPECT_EQ(decode_modified_utf7(bad), std::nullopt) << bad;
    }
}

TEST(DecodeModifiedUtf7, RefusesASecondSpellingOfAName) {
    EXPECT_EQ(decode_modified_utf7("&AC4ALg-"), std::nullopt);    // ".."
    EXPECT_EQ(decode_modified_utf7("&AC8-"), std::nullopt);       // "/"
    EXPECT_EQ(decode_modified_utf7("&AOQ-&APY-"), std::nullopt);  // "äö" in two runs
    EXPECT_EQ(decode_modified_utf7("&AOQAJg-"), std::nullopt);    // "ä&" in one run
    EXPECT_EQ(decode_modified_utf7(std::string("a\0b", 3)), std::nullopt);
}

}  // namespace
}  // namespace offlineimap::imap
