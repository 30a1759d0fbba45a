// What servers are known to send (docs/servers.md), byte for byte.
#include "offlineimap/imap/quirks.hpp"

#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "offlineimap/imap/parser.hpp"

namespace offlineimap::imap {
namespace {

ParsedResponse parsed(std::string_view bytes) {
    auto outcome = parse_response(bytes);
    auto* value = std::get_if<ParsedResponse>(&outcome);
    EXPECT_NE(value, nullptr) << bytes;
    return value == nullptr ? ParsedResponse{Unrecognised{}, 0, {}} : std::move(*value);
}

TEST(Quirks, AreMetInTheirSamples) {
    for (const auto& info : kQuirks) {
        const auto response = parsed(info.sample);
        EXPECT_EQ(response.consumed, info.sample.size()) << info.sample;
        for (const auto& other : kQuirks) {
            EXPECT_EQ(response.quirks.contains(other.quirk), other.quirk == info.quirk)
                << info.sample << other.name;
        }
    }
}

TEST(Servers, ThatWriteBracketsInTheirGreetingTellNoCode) {
    const auto response =
        parsed("* OK Coremail System IMap Server Ready(163com[8db726ec93e9d4e3e9a2fd3d31b05251])\r\n");
    const auto& status = std::get<UntaggedStatus>(response.response).status;
    EXPECT_FALSE(status.code);
    EXPECT_EQ(status.text, "Coremail System IMap Server Ready(163com[8db726ec93e9d4e3e9a2fd3d31b05251])");
    EXPECT_TRUE(response.quirks.empty());
}

TEST(Servers, ThatSendEightBitTextOrNilWhereNoneMayStandAreRead) {
    for (const std::string line :
         {"* 2 FETCH (UID 4 ENVELOPE (\"x\" ((\"Cl\xc3\xa9ment\" NIL \"a\" \"b\"))) FLAGS (\\Seen))\r\n",
          "* 2 FETCH (UID 4 BODYSTRUCTURE ((\"text\" \"plain\" NIL NIL NIL \"8bit\" 1 0) \"alternative\" "
          "(\"boundary\" NIL)) FLAGS (\\Seen))\r\n"}) {
        const auto response = parsed(line);
        const auto& fetched = std::get<Fetched>(response.response);
        EXPECT_EQ(fetched.uid, base::Uid(4));
        EXPECT_EQ(fetched.flags, std::vector<std::string>{"\\Seen"});
    }
}

TEST(Servers, ThatEndAFlagListInABlankAreRead) {
    EXPECT_EQ(parse_flag_list("(\\Seen $Forwarded )"), (std::vector<std::string>{"\\Seen", "$Forwarded"}));
}

}  // namespace
}  // namespace offlineimap::imap
