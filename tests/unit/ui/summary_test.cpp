#include "../../../src/ui/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offlineimap::ui {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kAccount = "Account sync Test";

class SummaryTest : public testing::Test {
  protected:
    SummaryTest() {
        take(kAccount, events::ThreadStarted{"Test"});
        take(kAccount, events::AccountStarted{"Test"});
    }
    std::vector<std::string> take(const std::string& thread, events::Event event) {
        return summary_.take({thread, std::move(event)});
    }
    void sync(const std::string& folder, const events::Changes& to_local, const events::Changes& to_remote,
              int errors = 0) {
        const std::string thread = "Folder " + folder;
        const events::FolderEnd remote{"Remote", "IMAP", folder};
        const events::FolderEnd local{"Local", "Maildir", folder};
        take(thread, events::ThreadStarted{"Test"});
        take(thread, events::SyncingFolder{remote, local});
        for (int i = 0; i < errors; ++i) take(thread, events::ErrorOccurred{"", "x"});
        take(thread, events::FolderFinished{"Test", remote, local, to_remote, to_local, 1200ms});
        take(thread, events::ThreadEnded{});
    }
    std::vector<std::string> end() { return take(kAccount, events::AccountFinished{"Test", 63s}); }

    Summary summary_;
};

TEST_F(SummaryTest, NamesTheFoldersInWhichSomethingHappenedAndTheTotal) {
    sync("Sent", {}, {.copied = 1, .bytes = 700, .deleted = 0, .flagged = 0});
    sync("Archive", {}, {});
    sync("INBOX", {.copied = 3, .bytes = 12'345, .deleted = 2, .flagged = 1},
         {.copied = 0, .bytes = 0, .deleted = 0, .flagged = 4}, 1);
    EXPECT_THAT(
        end(), ElementsAre("  INBOX  here 3 new (12.3 kB), 2 deleted, 1 flag change; on the server 4 flag "
                           "changes; 1.2 s; 1 problem",
                           "  Sent   on the server 1 new (700 B); 1.2 s",
                           "  3 folders: here 3 new (12.3 kB), 2 deleted, 1 flag change; on the server 1 new "
                           "(700 B), 4 flag changes; 1:03; 1 problem"));
}

TEST_F(SummaryTest, SaysThatNothingHappened) {
    sync("INBOX", {}, {});
    EXPECT_THAT(end(), ElementsAre("  1 folder: no changes; 1:03"));
}

TEST_F(SummaryTest, CountsProblemsOutsideOfFolders) {
    take(kAccount, events::ErrorOccurred{"", "no route"});
    EXPECT_THAT(end(), ElementsAre("  0 folders: no changes; 1:03; 1 problem"));
}

TEST_F(SummaryTest, CountsWhatWasLeftUndone) {
    take(kAccount, events::UidValidityProblem{"INBOX", "Remote", 1, 2});
    take(kAccount, events::ReadOnlyFolder{events::ReadOnlyAction::copy, {}, {"Remote", "IMAP", "INBOX"}});
    EXPECT_THAT(end(), ElementsAre("  0 folders: no changes; 1:03; 2 problems"));
}

TEST_F(SummaryTest, EachRoundBeginsAnew) {
    sync("INBOX", {.copied = 1, .bytes = 1, .deleted = 0, .flagged = 0}, {}, 1);
    end();
    take(kAccount, events::AccountStarted{"Test"});
    sync("INBOX", {}, {});
    EXPECT_THAT(end(), ElementsAre("  1 folder: no changes; 1:03"));
}

TEST_F(SummaryTest, WithOneThreadFoldersAreToldApartAllTheSame) {
    const events::FolderEnd end_of{"Remote", "IMAP", "A"};
    take(kAccount, events::SyncingFolder{end_of, end_of});
    take(kAccount, events::ErrorOccurred{"", "x"});
    take(kAccount, events::FolderFinished{"Test", end_of, end_of, {}, {}, 100ms});
    take(kAccount, events::ErrorOccurred{"", "y"});
    EXPECT_THAT(end(),
                ElementsAre("  A  no changes; 0.1 s; 1 problem", "  1 folder: no changes; 1:03; 2 problems"));
}

TEST_F(SummaryTest, NamesAreSafeAndCut) {
    sync("\x1b[2J" + std::string(40, 'x'), {.copied = 1, .bytes = 1, .deleted = 0, .flagged = 0}, {});
    const auto lines = end();
    EXPECT_THAT(lines.front(), testing::Not(testing::HasSubstr("\x1b")));
    EXPECT_THAT(lines.front(), testing::HasSubstr("x\xE2\x80\xA6  here 1 new"));
}

}  // namespace
}  // namespace offlineimap::ui
