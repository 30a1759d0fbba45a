#include "offlineimap/status/intent_journal.hpp"

#include "state_directory.hpp"

namespace offlineimap::status::test {
namespace {

const std::string kMagicOne = "offlineimap intents 1\n";
const std::string kMagic = "offlineimap intents 2\n";

TEST(IntentJournal, IsALineOfEightFieldsForEachIntent) {
    Intent odd{.local_name = "a b%c\n\xC3\xA4", .wire_size = 0};
    EXPECT_EQ(format_intent_journal(std::vector<Intent>{acknowledged("17_0.1.host:2,S"), odd}),
              kMagic + "17_0.1.host:2,S 4711 " + std::string(64, 'a') + ' ' + std::string(64, 'b') +
                  " <1@example.org> 17 42 1\n" + "a%20b%25c%0a\xC3\xA4 0    - 0 0\n");
}

TEST(IntentJournal, GivesBackWhatWasWritten) {
    Intent odd = intent("");
    for (int byte = 0; byte < 256; ++byte) odd.local_name += static_cast<char>(byte);
    odd.message_id = odd.local_name;
    odd.wire_size = UINT64_MAX;
    odd.uid_next = std::nullopt;
    odd.uid_validity = base::UidValidity(4294967295);
    odd.acknowledged = true;
    const std::vector<Intent> intents = {intent("x"), odd, Intent{.local_name = "empty"}};
    EXPECT_EQ(parse_intent_journal(format_intent_journal(intents)), intents);
    EXPECT_EQ(parse_intent_journal(kMagic), std::vector<Intent>{});
}

TEST(IntentJournal, OfFormatOneKnowsOfNothingAcknowledged) {
    const auto line =
        "x 4711 " + std::string(64, 'a') + ' ' + std::string(64, 'b') + " <1@example.org> 17 42";
    EXPECT_EQ(parse_intent_journal(kMagicOne + line + '\n'), std::vector<Intent>{intent("x")});
    EXPECT_EQ(parse_intent_journal(kMagicOne + line + " 1\n"), std::nullopt);
    EXPECT_EQ(parse_intent_journal(kMagicOne), std::vector<Intent>{});
}

TEST(IntentJournal, RefusesWhatItDidNotWrite) {
    const std::vector<std::string> contents = {"",
                                               "\n",
                                               "offlineimap intents 3\n",
                                               "OFFLINEIMAP LocalStatus\n",
                                               kMagic + "\n",
                                               kMagic + "a 1 b c d 17\n",
                                               kMagic + "a 1 b c d 17 42\n",
                                               kMagic + "a 1 b c d 17 42 2\n",
                                               kMagic + "a 1 b c d 17 42 \n",
                                               kMagic + "a 1 b c d 17 42 0 x\n",
                                               kMagic + "a x b c d 17 42 0\n",
                                               kMagic + "a 1 b c d 0 42 0\n",
                                               kMagic + "a 1 b c d 17 -1 0\n",
                                               kMagic + "a%2 1 b c d 17 42 0\n",
                                               kMagic + "a% 1 b c d 17 42 0\n",
                                               kMagic + "a%zz 1 b c d 17 42 0\n"};
    for (const auto& content : contents) EXPECT_EQ(parse_intent_journal(content), std::nullopt) << content;
}

TEST(IntentJournal, NoticesACutInsideALine) {
    const auto content = format_intent_journal(std::vector<Intent>{intent("x y"), intent("z")});
    for (std::size_t length = 0; length < content.size(); ++length) {
        const bool behind_a_line = length > 0 && content[length - 1] == '\n';
        EXPECT_EQ(parse_intent_journal(content.substr(0, length)).has_value(), behind_a_line) << length;
    }
}

}  // namespace
}  // namespace offlineimap::status::test
