#include <gtest/gtest.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/client/credentials.hpp"

namespace offlineimap::client {
namespace {

std::string found(const std::string& text, const std::string& host) {
    const auto entry = find_in_netrc(text, host, "netrc");
    return entry ? entry->login + "/" + std::string(entry->password.reveal()) : "none";
}

TEST(Netrc, FindsTheMachineOfThatName) {
    const std::string text =
        "machine a.example login u1 password p1\nmachine b.example\n  login u2\n  password p2\n";
    EXPECT_EQ(found(text, "a.example"), "u1/p1");
    EXPECT_EQ(found(text, "b.example"), "u2/p2");
    EXPECT_EQ(found(text, "c.example"), "none");
}

TEST(Netrc, FallsBackToTheDefaultEntryWhereverItStands) {
    EXPECT_EQ(found("default login d password x\nmachine a login u password p\n", "a"), "u/p");
    EXPECT_EQ(found("default login d password x\nmachine a login u password p\n", "b"), "d/x");
}

TEST(Netrc, EntryWithoutANameIsNobodysAndNotTheDefault) {
    EXPECT_EQ(found("machine \"\" login u password p\n", "a"), "none");
    EXPECT_EQ(found("machine \"\" login u password p\n", ""), "none");
}

TEST(Netrc, ReadsQuotedAndEscapedWords) {
    EXPECT_EQ(found("machine a login \"u v\" password p\\ q\\\"r\n", "a"), "u v/p q\"r");
}

TEST(Netrc, PassesOverCommentsMacrosAndAccounts) {
    EXPECT_EQ(found("# machine a login no password no\nmacdef init\ncd /\nbye\n\nmachine a login u account z "
                    "password p # end\n",
                    "a"),
              "u/p");
}

TEST(Netrc, NamesTheLineOfASyntaxErrorAndKeepsTheSecret) {
    try {
        find_in_netrc("machine a login u\npasswort topsecret\n", "a", "/home/u/.netrc");
        FAIL() << "no error";
    } catch (const base::Error& error) {
        EXPECT_EQ(std::string(error.what()).rfind("/home/u/.netrc:2: ", 0), 0U);
        EXPECT_EQ(std::string(error.what()).find("topsecret"), std::string::npos);
    }
}

}  // namespace
}  // namespace offlineimap::client
