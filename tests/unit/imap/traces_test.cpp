// What real servers sent, played to a session: tests/data/traces/ has one file for each.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offlineimap/base/text.hpp"

#include "transcript.hpp"

namespace offlineimap::imap {
namespace {

using Strings = std::vector<std::string>;

struct TraceLine {
    char kind;  // 'C', 'S' or 'E'
    std::string text;
};

std::vector<TraceLine> read_trace(const std::string& name) {
    std::ifstream file(std::filesystem::path(OFFLINEIMAP_TEST_DATA) / "traces" / name, std::ios::binary);
    std::vector<TraceLine> lines;
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with('#')) lines.push_back({line.at(0), line.substr(3)});
    }
    return lines;
}

Command command_of(const std::string& text) {
    CommandKind kind = CommandKind::ordinary;
    if (text.starts_with("LIST")) kind = CommandKind::list;
    if (text.starts_with("SELECT")) kind = CommandKind::select;
    if (text.starts_with("UID SEARCH")) kind = CommandKind::search;
    if (text.starts_with("LOGOUT")) kind = CommandKind::logout;
    return {kind, text};
}

class Traces : public testing::TestWithParam<std::tuple<const char*, Feeding>> {};
INSTANTIATE_TEST_SUITE_P(WholeAndByteByByte, Traces,
                         testing::Combine(testing::Values("dovecot-2.3.txt"),
                                          testing::Values(Feeding::whole, Feeding::byte_by_byte)));

TEST_P(Traces, AreUnderstood) {
    const auto& [name, feeding] = GetParam();
    const auto lines = read_trace(name);
    ASSERT_FALSE(lines.empty());
    Transcript transcript(feeding);
    Strings expected;
    std::string answers;
    int commands = 0;
    for (const auto& [kind, text] : lines) {
        if (kind == 'S') answers += text + "\r\n";
        if (kind == 'E') expected.push_back(text);
        if (kind != 'C') continue;
        transcript.receives(std::exchange(answers, {}));
        transcript->enqueue(command_of(text));
        transcript.run();
        EXPECT_EQ(transcript.sent(), "A" + std::to_string(++commands) + " " + text + "\r\n");
    }
    transcript.receives(answers);
    Strings events;
    for (const auto& event : transcript.events())
        events.push_back(base::replace_all(event, "\r\n", "\\r\\n"));
    EXPECT_EQ(events, expected);
    EXPECT_EQ(transcript->unanswered(), 0U);
}

}  // namespace
}  // namespace offlineimap::imap
