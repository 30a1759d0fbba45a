#include "offlineimap/mail/maildir_name.hpp"

#include <gtest/gtest.h>

namespace offlineimap::mail {
namespace {

constexpr std::string_view kInbox = "7e33429f656f1e6e9d79b29c3f82c57e";
constexpr std::string_view kOther = "d41d8cd98f00b204e9800998ecf8427e";

std::optional<base::Uid> uid(std::uint64_t number) {
    return base::Uid::make(number);
}

TEST(MakeMaildirName, WritesTheOriginalsForm) {
    const UniqueName unique{1795376886, 2, 10787, "host"};
    EXPECT_EQ(make_maildir_name(unique, uid(2), kInbox, Flags::parse("S"), InfoSeparator::colon),
              "1795376886_2.10787.host,U=2,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S");
}

TEST(MakeMaildirName, AlwaysHasAnInfoPartWithSortedLetters) {
    const UniqueName unique{-86400, 0, 1, "h"};
    EXPECT_EQ(make_maildir_name(unique, uid(4294967295U), kInbox, Flags(), InfoSeparator::exclamation),
              "-86400_0.1.h,U=4294967295,FMD5=7e33429f656f1e6e9d79b29c3f82c57e!2,");
    EXPECT_EQ(make_maildir_name(unique, {}, kInbox, Flags::parse("aTS"), InfoSeparator::colon),
              "-86400_0.1.h,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,STa");
}

TEST(MakeMaildirName, ReplacesSlashes) {
    const UniqueName unique{1, 0, 1, "a/b"};
    EXPECT_EQ(make_maildir_name(unique, uid(1), kInbox, Flags(), InfoSeparator::colon),
              "1_0.1.a-b,U=1,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,");
}

struct ParseCase {
    std::string name;
    std::string base;
    std::optional<base::Uid> uid;
    std::string flags;
    std::optional<std::int64_t> time;
};

TEST(ParseMaildirName, ReadsWhatIsThere) {
    const std::string ours = ",FMD5=" + std::string(kInbox);
    const std::string theirs = ",FMD5=" + std::string(kOther);
    const std::vector<ParseCase> cases = {
        {"17_0.1.h,U=5" + ours + ":2,FS", "17_0.1.h,U=5" + ours, uid(5), "FS", 17},
        // Both separators, whichever is configured.
        {"17_0.1.h,U=5" + ours + "!2,FS", "17_0.1.h,U=5" + ours, uid(5), "FS", 17},
        // Another folder's hash, or none: a message that was copied in is new.
        {"17_0.1.h,U=5" + theirs + ":2,S", "17_0.1.h,U=5" + theirs, {}, "S", 17},
        {"17_0.1.h,U=5:2,S", "17_0.1.h,U=5", {}, "S", 17},
        {"17_0.1.h" + ours + ":2,S", "17_0.1.h" + ours, {}, "S", 17},
        // The fields may stand in any order, and others between them (Dovecot's sizes).
        {"17.M1P1.h,S=10,W=11" + ours + ",U=6:2,", "17.M1P1.h,S=10,W=11" + ours + ",U=6", uid(6), "", 17},
        {"17_0.1.h,U=5" + theirs + ours + ":2,S", "17_0.1.h,U=5" + theirs + ours, uid(5), "S", 17},
        // U= with digits that are no UID.
        {"1,U=0" + ours + ":2,", "1,U=0" + ours, {}, "", 1},
        {"1,U=4294967296" + ours + ":2,", "1,U=4294967296" + ours, {}, "", 1},
        {"1,U=99999999999999999999999" + ours, "1,U=99999999999999999999999" + ours, {}, "", 1},
        {"1,U=-5" + ours, "1,U=-5" + ours, {}, "", 1},
        {"1,U=x,U=7" + ours, "1,U=x,U=7" + ours, uid(7), "", 1},
        {"1,U=00000000000000000007" + ours, "1,U=00000000000000000007" + ours, uid(7), "", 1},
        {"1,U=7abc" + ours, "1,U=7abc" + ours, uid(7), "", 1},
        // Info parts: none, garbled, unsorted, doubled, unknown letters, text behind the letters.
        {"plain", "plain", {}, "", {}},
        {"1:2", "1:2", {}, "", 1},
        {"1:1,S", "1:1,S", {}, "", 1},
        {"1:2,SFFz9P", "1", {}, "9FPSz", 1},
        {"1:2,S,extra", "1", {}, "S", 1},
        {"1:2,S:2,F", "1", {}, "S", 1},
        // The option was switched: the later info part is the newer one.
        {"1:2,S!2,F", "1", {}, "F", 1},
        {"1!2,S:2,", "1", {}, "", 1},
        // Times.
        {"-86400_0.1.h:2,", "-86400_0.1.h", {}, "", -86400},
        {"99999999999999999999.h", "99999999999999999999.h", {}, "", {}},
        {"msg.17", "msg.17", {}, "", {}},
        {"", "", {}, "", {}},
        {",FMD5=", ",FMD5=", {}, "", {}},
        {",U=", ",U=", {}, "", {}},
        {":2,", "", {}, "", {}},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto parsed = parse_maildir_name(c.name, kInbox);
        EXPECT_EQ(parsed.base, c.base);
        EXPECT_EQ(parsed.uid, c.uid);
        EXPECT_EQ(parsed.flags.to_string(), c.flags);
        EXPECT_EQ(parsed.time, c.time);
    }
}

TEST(ParseMaildirName, ReadsThousandsOfFields) {
    std::string name = "1_0.1.h";
    for (int i = 0; i < 5000; ++i) name += ",U=x,FMD5=y";
    name += ",U=3,FMD5=" + std::string(kInbox) + ":2,S";
    EXPECT_EQ(parse_maildir_name(name, kInbox).uid, uid(3));
}

TEST(ParseMaildirName, ReadsBackWhatIsMade) {
    for (const auto separator : {InfoSeparator::colon, InfoSeparator::exclamation}) {
        const auto name = make_maildir_name({1700000000, 12, 345, "h.example"}, uid(77), kInbox,
                                            Flags::parse("DFPRSTaz"), separator);
        const auto parsed = parse_maildir_name(name, kInbox);
        EXPECT_EQ(parsed.base, name.substr(0, name.size() - 11));
        EXPECT_EQ(parsed.uid, uid(77));
        EXPECT_EQ(parsed.flags, Flags::parse("DFPRSTaz"));
        EXPECT_EQ(parsed.time, 1700000000);
    }
}

TEST(WithFlags, ChangesOnlyTheInfoPart) {
    struct Case {
        std::string name;
        std::string flags;
        InfoSeparator separator;
        std::string expected;
    };
    const std::vector<Case> cases = {
        {"1,U=2,FMD5=x:2,S", "SF", InfoSeparator::colon, "1,U=2,FMD5=x:2,FS"},
        {"1,S=10,W=11:2,", "zT", InfoSeparator::colon, "1,S=10,W=11:2,Tz"},
        {"1:2,FS", "", InfoSeparator::colon, "1:2,"},
        {"plain", "S", InfoSeparator::colon, "plain:2,S"},
        {"plain", "", InfoSeparator::exclamation, "plain!2,"},
        // The configured separator replaces the other one.
        {"1:2,S", "F", InfoSeparator::exclamation, "1!2,F"},
        {"1!2,S", "F", InfoSeparator::colon, "1:2,F"},
        {"1:2,S!2,F", "FS", InfoSeparator::colon, "1:2,FS"},
        {"1:2,S,extra", "FS", InfoSeparator::colon, "1:2,FS,extra"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(with_flags(c.name, Flags::parse(c.flags), c.separator), c.expected);
    }
}

TEST(SubdirectoryFor, IsCurOnlyIfSeen) {
    EXPECT_EQ(subdirectory_for(Flags::parse("FS")), "cur");
    EXPECT_EQ(subdirectory_for(Flags::parse("F")), "new");
    EXPECT_EQ(subdirectory_for(Flags()), "new");
}

}  // namespace
}  // namespace offlineimap::mail
