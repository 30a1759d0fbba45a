#include "offlineimap/ui/syslog.hpp"

#include <syslog.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offlineimap/ui/interface.hpp"

#include "support/noon.hpp"

namespace offlineimap::ui {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Written = std::vector<std::pair<int, std::string>>;

Written written(const std::vector<events::Event>& events, const Visibility& visibility) {
    Written lines;
    Syslog syslog(visibility,
                  [&lines](int priority, const std::string& line) { lines.emplace_back(priority, line); });
    for (const auto& event : events) syslog.report({"MainThread", event});
    return lines;
}

TEST(Syslog, GivesEachLevelItsPriority) {
    EXPECT_THAT(
        written(
            {events::Information{"info"}, events::WarningGiven{"warning"}, events::ErrorOccurred{"", "text"},
             events::DebugMessage{events::DebugType::imap, "debug", support::after_noon(), "Thread"}},
            {.debug = events::DebugTypes::all()}),
        ElementsAre(Pair(LOG_INFO, "info"), Pair(LOG_WARNING, "warning"), Pair(LOG_ERR, "ERROR: text"),
                    Pair(LOG_DEBUG, "[imap]: 12:00:00.250 Thread: debug")));
}

TEST(Syslog, ShowsWhatTheInterfaceBesideItShows) {
    const std::vector<events::Event> events = {events::Information{"info"}, events::WarningGiven{"warning"}};
    EXPECT_THAT(written(events, visibility_of(Name::quiet, {})), ElementsAre(Pair(LOG_WARNING, "warning")));
    EXPECT_EQ(written(events, visibility_of(Name::syslog, {})).size(), 2U);
    EXPECT_THAT(
        written({events::DebugMessage{events::DebugType::imap, "hidden", support::after_noon(), "Thread"}},
                {}),
        IsEmpty());
}

TEST(Syslog, MakesAMessageOfEachLine) {
    EXPECT_THAT(written({events::ErrorOccurred{"while syncing", "reason\n"}}, {}),
                ElementsAre(Pair(LOG_ERR, "ERROR: while syncing"), Pair(LOG_ERR, "  reason")));
}

TEST(Syslog, LeavesNoControlCharacters) {
    EXPECT_THAT(written({events::WarningGiven{"\x1b[2J%s"}}, {}),
                ElementsAre(Pair(LOG_WARNING, "\\x1b[2J%s")));
}

TEST(Syslog, CannotAskForPasswords) {
    Syslog syslog({}, [](int, const std::string&) {});
    EXPECT_FALSE(syslog.can_ask_password());
    EXPECT_EQ(syslog.ask_password({}), std::nullopt);
}

}  // namespace
}  // namespace offlineimap::ui
