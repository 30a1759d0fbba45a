#include "offlineimap/ui/profile.hpp"

#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace offlineimap::ui {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kAccount = "Account sync Test";
const events::FolderEnd kRemote{.repository = "Remote", .kind = "IMAP", .folder = "INBOX"};
const events::FolderEnd kLocal{.repository = "Local", .kind = "Maildir", .folder = "INBOX"};

class ProfileTest : public testing::Test {
  protected:
    // `before` passes, then the event comes.
    void after(std::chrono::milliseconds before, const std::string& thread, events::Event event) {
        now_ += before;
        profile_.report({thread, std::move(event)});
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
            names.push_back(entry.path().filename());
        return names;
    }
    std::string only_profile() const {
        const auto names = files();
        if (names.size() != 1) return std::to_string(names.size()) + " files";
        std::ifstream file(directory_ / names.front());
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    support::TemporaryDirectory directory_;
    std::chrono::steady_clock::time_point now_;
    Profile profile_{directory_.path(), {.steady = [this] { return now_; }, .calendar = [] { return 0; }}};
};

TEST_F(ProfileTest, TimeCountsForWhatWasAnnouncedLast) {
    after(0ms, kAccount, events::ThreadStarted{"Test"});
    after(5ms, kAccount, events::AccountStarted{"Test"});
    after(1ms, kAccount, events::Connecting{"h", 993, "", "Remote"});
    after(70ms, kAccount, events::CreatingFolder{"INBOX", "Local", events::Run::real});
    after(20ms, kAccount, events::SyncingFolderStructure{kRemote, kLocal});
    after(0ms, kAccount, events::ThreadStarted{"Test"});
    after(6ms, kAccount, events::SyncingFolder{kRemote, kLocal});
    after(3ms, kAccount, events::LoadingMessageList{"IMAP", "INBOX", "INBOX"});
    after(40ms, kAccount, events::MessageListLoaded{"IMAP", "INBOX", 2});
    after(2ms, kAccount, events::SyncingMessages{kRemote, kLocal});
    after(4ms, kAccount, events::CopyingMessage{mail::MessageKey(base::Uid(1)), 1, 2, kRemote, kLocal});
    after(100ms, kAccount, events::CopyingMessage{mail::MessageKey(base::Uid(2)), 2, 2, kRemote, kLocal});
    after(200ms, kAccount, events::AccountFinished{"Test", 0s});
    after(9ms, kAccount, events::ThreadEnded{});
    EXPECT_THAT(only_profile(), HasSubstr("\nseconds\t0.460000\n"
                                          "\n"
                                          "seconds\ttimes\tphase\tfolder\n"
                                          "0.300000\t1\tIMAP -> Maildir, copying\tINBOX\n"
                                          "0.070000\t1\tconnecting\t\n"
                                          "0.040000\t1\tlisting IMAP\tINBOX\n"
                                          "0.020000\t1\tfolder structure\t\n"
                                          "0.009000\t1\tending\t\n"
                                          "0.006000\t1\tbetween folders\t\n"
                                          "0.005000\t1\tconfiguration\t\n"
                                          "0.004000\t1\tIMAP -> Maildir, planning\tINBOX\n"
                                          "0.003000\t1\topening\tINBOX\n"
                                          "0.002000\t1\tafter listing IMAP\tINBOX\n"
                                          "0.001000\t1\tstarting\t\n"));
}

TEST_F(ProfileTest, CountsHowOftenAPhaseWasEntered) {
    after(0ms, kAccount, events::ThreadStarted{"Test"});
    for (int i = 0; i < 3; ++i) {
        after(1ms, kAccount, events::AccountStarted{"Test"});
        after(1ms, kAccount, events::AccountFinished{"Test", 0s});
        after(1ms, kAccount, events::Sleeping{10s, 20s});
        after(1ms, kAccount, events::Sleeping{10s, 10s});
    }
    after(1ms, kAccount, events::ThreadEnded{});
    EXPECT_THAT(only_profile(), HasSubstr("0.006000\t3\tsleeping\t\n"));
}

TEST_F(ProfileTest, NamesTheFileByTheTimeAndTheAccount) {
    after(0ms, "Account sync a/b", events::ThreadStarted{"a/b"});
    after(0ms, "Account sync a/b", events::ThreadEnded{});
    EXPECT_THAT(files(), ElementsAre(MatchesRegex("(19700101|19691231)[0-9]{6}_a-b\\.prof")));
    EXPECT_THAT(only_profile(), MatchesRegex("offlineimap profile 1\naccount\ta/b\nbegun\t19[-0-9]+ [0-9:]+\n"
                                             "seconds\t0\\.000000\n.*"));
    const auto mode = std::filesystem::status(directory_ / files().front()).permissions();
    EXPECT_EQ(mode & std::filesystem::perms::all,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(ProfileTest, WritesOneFileForEachAccountAndNothingOutsideOfThem) {
    after(0ms, "MainThread", events::Information{"banner"});
    for (const auto* account : {"A", "B"}) {
        after(1ms, account, events::ThreadStarted{account});
        after(1ms, account, events::ThreadEnded{});
    }
    after(0ms, "MainThread", events::WarningGiven{"end"});
    EXPECT_EQ(files().size(), 2U);
}

TEST_F(ProfileTest, LeavesNoTabOfAFolderNameInALine) {
    auto odd = kRemote;
    odd.folder = "a\tb\nc";
    after(0ms, kAccount, events::ThreadStarted{"Test"});
    after(0ms, kAccount, events::SyncingFolder{odd, kLocal});
    after(1ms, kAccount, events::ThreadEnded{});
    EXPECT_THAT(only_profile(), HasSubstr("\topening\ta\\x09b\\x0ac\n"));
}

}  // namespace
}  // namespace offlineimap::ui
