#include "../../../src/ui/blinkenlights_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::ui::blinkenlights {
namespace {

using namespace std::chrono_literals;
using events::Event;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kMain = "MainThread";
constexpr const char* kAccount = "Account sync Test";
constexpr const char* kInbox = "Folder INBOX [acc: Test]";
constexpr const char* kSent = "Folder Sent [acc: Test]";
constexpr Clock::time_point kNow = Clock::time_point(1000s);
const events::FolderEnd kRemote{.repository = "Remote", .kind = "IMAP", .folder = "INBOX"};
const events::FolderEnd kLocal{.repository = "Local", .kind = "Maildir", .folder = "INBOX"};
const std::vector<mail::MessageKey> kKeys = {mail::MessageKey(base::Uid(7))};

class BlinkenlightsModel : public testing::Test {
  protected:
    void say(const char* thread, Event event, Clock::time_point now = kNow) {
        model_.take({thread, std::move(event)}, now);
    }
    void start_account() { say(kAccount, events::ThreadStarted{"Test"}); }
    std::vector<LogLine> log() { return model_.view(100).log; }
    std::vector<Row> rows() { return model_.view(0).rows; }
    std::vector<std::string> texts() {
        std::vector<std::string> texts;
        for (const auto& line : log()) texts.push_back(line.text);
        return texts;
    }

    Model model_{Visibility{}};
};

TEST_F(BlinkenlightsModel, HasARowForTheMainThreadFromTheStart) {
    ASSERT_EQ(rows().size(), 1U);
    EXPECT_EQ(rows()[0].name, "*Control");
    EXPECT_THAT(rows()[0].lights, IsEmpty());
}

TEST_F(BlinkenlightsModel, TakesItsTitleFromTheBanner) {
    say(kMain, events::ProgramStarted{"OfflineIMAP 9.0.0\n  Licensed"});
    EXPECT_EQ(model_.view(0).title, "OfflineIMAP 9.0.0");
    EXPECT_THAT(log(),
                ElementsAre(LogLine{Tone::start, "OfflineIMAP 9.0.0"}, LogLine{Tone::start, "  Licensed"}));
    EXPECT_THAT(rows()[0].lights, ElementsAre(Tone::start));
}

TEST_F(BlinkenlightsModel, NumbersAccountsInTheOrderOfTheirCreation) {
    start_account();
    say("Account sync Other", events::ThreadStarted{"Other"});
    ASSERT_EQ(rows().size(), 3U);
    EXPECT_EQ(rows()[1].name, "Test");
    EXPECT_EQ(rows()[2].name, "Other");
    EXPECT_EQ(model_.account_of_row(0), std::nullopt);
    EXPECT_EQ(model_.account_of_row(2), "Other");
    EXPECT_EQ(model_.account_of_row(3), std::nullopt);
}

TEST_F(BlinkenlightsModel, GivesEachThreadALightAndReusesThoseThatAreOut) {
    start_account();
    say(kInbox, events::ThreadStarted{"Test"});
    say(kSent, events::ThreadStarted{"Test"});
    say(kInbox, events::SyncingFolder{kRemote, kLocal});
    EXPECT_THAT(rows()[1].lights, ElementsAre(Tone::plain, Tone::folder, Tone::plain));
    say(kSent, events::ThreadEnded{});
    say(kInbox, events::ThreadEnded{});
    EXPECT_THAT(rows()[1].lights, ElementsAre(Tone::plain, Tone::ended, Tone::ended));
    say("Folder Next [acc: Test]", events::ThreadStarted{"Test"});
    say("Folder Next [acc: Test]", events::SyncingFolder{kRemote, kLocal});
    EXPECT_THAT(rows()[1].lights, ElementsAre(Tone::plain, Tone::ended, Tone::folder))
        << "the longest unused one comes first";
}

TEST_F(BlinkenlightsModel, KeepsTheLightOfAThreadThatAnnouncesItselfForEveryFolder) {
    start_account();
    start_account();
    EXPECT_THAT(rows()[1].lights, ElementsAre(Tone::plain));
}

TEST_F(BlinkenlightsModel, CountsAThreadThatNobodyAnnouncedToTheMainRow) {
    say("Keep alive Remote", events::WarningGiven{"what"});
    EXPECT_THAT(rows()[0].lights, ElementsAre(Tone::warning));
}

TEST_F(BlinkenlightsModel, ColoursALightByWhatItsThreadDoes) {
    const std::vector<std::pair<Event, Tone>> table = {
        {events::AccountStarted{"Test"}, Tone::account},
        {events::Connecting{"host", 993, "", "Remote"}, Tone::plain},
        {events::SyncingFolderStructure{kRemote, kLocal}, Tone::structure},
        {events::SyncingFolder{kRemote, kLocal}, Tone::folder},
        {events::SkippingUnchangedFolder{"INBOX"}, Tone::folder},
        {events::LoadingMessageList{"IMAP", "INBOX", "INBOX"}, Tone::listing},
        {events::MessageListLoaded{"IMAP", "INBOX", 3}, Tone::listing},
        {events::SyncingMessages{kRemote, kLocal}, Tone::messages},
        {events::CopyingMessage{kKeys[0], 1, 1, kRemote, kLocal}, Tone::copying},
        {events::IgnoringMessage{kKeys[0], kRemote, kLocal}, Tone::ignoring},
        {events::DeletingMessages{kKeys, kLocal, events::Run::real}, Tone::deleting},
        {events::AddingFlags{kKeys, mail::Flags::parse("S"), kLocal}, Tone::adding_flags},
        {events::RemovingFlags{kKeys, mail::Flags::parse("S"), kLocal}, Tone::removing_flags},
        {events::Information{"no colour of its own"}, Tone::removing_flags},
        {events::CallingHook{"true", events::Run::real}, Tone::plain},
        {events::WarningGiven{"careful"}, Tone::warning},
        {events::ErrorOccurred{"", "broken"}, Tone::warning},
        {events::Sleeping{10s, 60s}, Tone::sleeping},
        {events::Sleeping{0s, 0s}, Tone::plain},
    };
    start_account();
    for (const auto& [event, tone] : table) {
        say(kAccount, event);
        EXPECT_EQ(rows()[1].lights.at(0), tone) << "event " << event.index();
    }
}

TEST_F(BlinkenlightsModel, LogsInTheColourThatTheThreadHasThen) {
    start_account();
    say(kAccount, events::AccountStarted{"Test"});
    say(kAccount, events::CreatingFolder{"INBOX", "Local", events::Run::real});
    say(kAccount, events::Connecting{"host", 993, "", "Remote"});
    EXPECT_THAT(log(), ElementsAre(LogLine{Tone::account, "*** Processing account Test"},
                                   LogLine{Tone::account, "Creating folder INBOX[Local]"},
                                   LogLine{Tone::plain, "Establishing connection to host:993 (Remote)"}));
}

TEST_F(BlinkenlightsModel, CountsDownAndTellsOfTheSleepOnce) {
    start_account();
    say(kAccount, events::Sleeping{10s, 90s});
    say(kAccount, events::Sleeping{10s, 80s}, kNow + 10s);
    EXPECT_THAT(log(), ElementsAre(LogLine{Tone::sleeping, "Next sync in 1:30"}));
    ASSERT_TRUE(rows()[1].sleeps_until);
    EXPECT_EQ(time_left(*rows()[1].sleeps_until, kNow + 10s), 80s);
    EXPECT_EQ(time_left(*rows()[1].sleeps_until, kNow + 200s), 0s);
    EXPECT_EQ(model_.next_tick(kNow + 10s + 300ms), kNow + 11s);
    say(kAccount, events::Sleeping{0s, 0s});
    EXPECT_EQ(rows()[1].sleeps_until, std::nullopt);
    EXPECT_EQ(model_.next_tick(kNow), std::nullopt);
}

TEST_F(BlinkenlightsModel, SleepsNoMoreWhenTheAccountsThreadHasEnded) {
    start_account();
    say(kAccount, events::Sleeping{10s, 90s});
    say(kAccount, events::ThreadEnded{});
    EXPECT_EQ(rows()[1].sleeps_until, std::nullopt);
}

TEST_F(BlinkenlightsModel, KeepsLinesApartAndControlCharactersVisible) {
    model_.say(Tone::plain, "one\ntwo\x1b[2J");
    say(kMain, events::WarningGiven{"three\nfour\r"});
    EXPECT_THAT(texts(), ElementsAre("one", "two\\x1b[2J", "three", "four\\x0d"));
}

TEST_F(BlinkenlightsModel, KeepsABoundedLog) {
    for (std::size_t i = 0; i < Model::kLinesKept + 10; ++i) model_.say(Tone::plain, std::to_string(i));
    const auto all = model_.view(Model::kLinesKept + 10).log;
    ASSERT_EQ(all.size(), Model::kLinesKept);
    EXPECT_EQ(all.front().text, "10");
    EXPECT_THAT(model_.view(1).log, ElementsAre(all.back()));
}

TEST_F(BlinkenlightsModel, ShowsDebugMessagesOfTheTypesThatAreWanted) {
    Model debugging({.debug = events::DebugTypes().add(events::DebugType::imap)});
    debugging.take({kMain, events::DebugMessage{events::DebugType::imap, "a\x1b", {}, kMain}}, kNow);
    debugging.take({kMain, events::DebugMessage{events::DebugType::maildir, "b", {}, kMain}}, kNow);
    const auto lines = debugging.view(10).log;
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0].text, testing::EndsWith("a\\x1b"));
}

TEST_F(BlinkenlightsModel, MovesAQuestionToTheLogWhenItIsAnswered) {
    model_.ask({"who?", "you: "});
    EXPECT_THAT(model_.view(10).question, ElementsAre("who?", "you: "));
    EXPECT_THAT(log(), IsEmpty());
    model_.end_question();
    EXPECT_THAT(model_.view(10).question, IsEmpty());
    EXPECT_THAT(log(), ElementsAre(LogLine{Tone::warning, "who?"}, LogLine{Tone::warning, "you: "}));
}

}  // namespace
}  // namespace offlineimap::ui::blinkenlights
