#include "../../../src/ui/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../../src/ui/amounts.hpp"

namespace offlineimap::ui {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const Progress::Moment kStart{};

events::FolderEnd remote(const std::string& folder) {
    return {"Remote", "IMAP", folder};
}
events::FolderEnd local(const std::string& folder) {
    return {"Local", "Maildir", folder};
}

events::TransferProgress pulled(const std::string& folder, std::size_t messages, std::size_t of_messages,
                                std::uint64_t bytes, std::uint64_t of_bytes) {
    return {remote(folder), local(folder), messages, of_messages, bytes, of_bytes, false};
}

events::TransferProgress ended(events::TransferProgress progress) {
    progress.ended = true;
    return progress;
}

class ProgressTest : public testing::Test {
  protected:
    ProgressTest() {
        take("one", events::ThreadStarted{"Test"}, 0s);
        take("two", events::ThreadStarted{"Test"}, 0s);
        take("other", events::ThreadStarted{"Other"}, 0s);
    }
    void take(const std::string& thread, events::Event event, std::chrono::milliseconds at) {
        progress_.take({thread, std::move(event)}, kStart + at);
    }
    std::vector<std::string> lines(std::chrono::milliseconds at) const {
        return progress_.lines(kStart + at);
    }

    Progress progress_;
};

TEST_F(ProgressTest, SaysNothingOfWorkThatIsSoonOver) {
    take("one", pulled("INBOX", 0, 10, 0, 1000), 0s);
    EXPECT_THAT(lines(499ms), IsEmpty());
    EXPECT_THAT(lines(500ms), testing::SizeIs(1));
}

TEST_F(ProgressTest, TellsMessagesBytesRateAndTimeLeft) {
    take("one", pulled("INBOX", 0, 200, 0, 60'000'000), 0s);
    take("one", pulled("INBOX", 50, 200, 15'000'000, 60'000'000), 10s);
    EXPECT_THAT(lines(10s), ElementsAre("Test: 50 of 200 messages, 15.0 MB of 60.0 MB, 1.5 MB/s, 0:30 left "
                                        "(INBOX)"));
}

TEST_F(ProgressTest, TellsNoTimeWhereNobodyKnowsTheSizes) {
    take("one", pulled("INBOX", 0, 200, 0, 0), 0s);
    take("one", pulled("INBOX", 1, 200, 2500, 0), 1s);
    EXPECT_THAT(lines(1s), ElementsAre("Test: 1 of 200 messages, 2.5 kB, 2.5 kB/s (INBOX)"));
}

TEST_F(ProgressTest, AddsTheFoldersOfAnAccountAndKeepsAccountsApart) {
    take("one", pulled("A", 1, 2, 1000, 2000), 0s);
    take("two", pulled("B", 2, 3, 1000, 4000), 0s);
    take("other", pulled("C", 0, 1, 0, 10), 0s);
    EXPECT_THAT(lines(1s), ElementsAre("Other: 0 of 1 message, 0 B of 10 B, 0 B/s (C)",
                                       "Test: 3 of 5 messages, 2.0 kB of 6.0 kB, 2.0 kB/s, 0:02 left "
                                       "(2 folders)"));
}

TEST_F(ProgressTest, KeepsWhatEndedFoldersBrought) {
    take("one", pulled("A", 2, 2, 2000, 2000), 0s);
    take("two", pulled("B", 0, 1, 0, 2000), 0s);
    take("one", ended(pulled("A", 2, 2, 2000, 2000)), 1s);
    EXPECT_THAT(lines(2s), ElementsAre("Test: 2 of 3 messages, 2.0 kB of 4.0 kB, 1.0 kB/s, 0:02 left (B)"));
}

TEST_F(ProgressTest, SaysNothingBetweenTransfersAndDoesNotCountTheTime) {
    take("one", pulled("A", 0, 2, 0, 2000), 0s);
    take("one", ended(pulled("A", 2, 2, 2000, 2000)), 1s);
    EXPECT_THAT(lines(2s), IsEmpty());
    take("one", events::TransferProgress{local("A"), remote("A"), 0, 1, 0, 500, false}, 601s);
    EXPECT_THAT(lines(602s), ElementsAre("Test: 2 of 3 messages, 2.0 kB of 2.5 kB, 1.0 kB/s, 0:01 left (A)"));
}

TEST_F(ProgressTest, TellsNoTimeThatIsNoEstimate) {
    take("one", pulled("A", 0, 2, 0, std::uint64_t{1} << 63U), 0s);
    take("one", pulled("A", 1, 2, 5000, std::uint64_t{1} << 63U), 1s);
    EXPECT_THAT(lines(1s), ElementsAre("Test: 1 of 2 messages, 5.0 kB of 9223.4 PB, 5.0 kB/s (A)"));
}

TEST_F(ProgressTest, EndsWithTheRound) {
    take("one", pulled("A", 1, 2, 1000, 2000), 0s);
    take("account", events::AccountFinished{"Test", 1s}, 1s);
    EXPECT_THAT(lines(2s), IsEmpty());
}

TEST_F(ProgressTest, NamesCannotReachTheTerminalRaw) {
    take("one", pulled("A\x1b[2J", 1, 2, 1000, 0), 0s);
    EXPECT_THAT(lines(1s), ElementsAre(testing::Not(testing::HasSubstr("\x1b"))));
}

TEST(Amounts, AreReadable) {
    EXPECT_EQ(readable_bytes(0), "0 B");
    EXPECT_EQ(readable_bytes(999), "999 B");
    EXPECT_EQ(readable_bytes(1000), "1.0 kB");
    EXPECT_EQ(readable_bytes(999'949), "999.9 kB");
    EXPECT_EQ(readable_bytes(999'950), "1.0 MB");
    EXPECT_EQ(readable_bytes(18'446'744'073'709'551'615U), "18446.7 PB");
    EXPECT_EQ(readable_time(7s), "0:07");
    EXPECT_EQ(readable_time(750s), "12:30");
    EXPECT_EQ(readable_time(3723s), "1:02:03");
    EXPECT_EQ(counted(1, "message", "messages"), "1 message");
    EXPECT_EQ(counted(0, "message", "messages"), "0 messages");
}

}  // namespace
}  // namespace offlineimap::ui
