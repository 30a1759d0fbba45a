// What a folder's sync says of itself: FolderFinished and TransferProgress.
#include "folder_sync_fixture.hpp"

namespace offlineimap::sync {
namespace {

using base::Uid;
using events::Changes;

class FolderReportTest : public FolderSyncTest {
  protected:
    events::FolderFinished synced() {
        sink_.records.clear();
        sync();
        const auto reports = sink_.all<events::FolderFinished>();
        EXPECT_EQ(reports.size(), 1U);
        return reports.empty() ? events::FolderFinished() : reports.front();
    }
    void expect(const events::FolderFinished& finished, const Changes& to_local, const Changes& to_remote) {
        EXPECT_EQ(finished.to_local, to_local);
        EXPECT_EQ(finished.to_remote, to_remote);
    }
};

TEST_F(FolderReportTest, CountsWhatHappenedOnEitherSide) {
    for (const char* body : {"a", "bb", "ccc"}) server().add(body, "S");
    disk().add("dddd", "");
    auto finished = synced();
    EXPECT_EQ(finished.account, "Test");
    EXPECT_EQ(finished.remote.repository, "Remote");
    EXPECT_EQ(finished.local.repository, "Local");
    expect(finished, {.copied = 3, .bytes = 6, .deleted = 0, .flagged = 0},
           {.copied = 1, .bytes = 4, .deleted = 0, .flagged = 0});

    server().messages.erase(Uid(1));
    server().messages[Uid(2)].flags.add('F').remove('S');
    disk().files.erase(disk().name_of(Uid(3)));
    disk().files[disk().name_of(Uid(4))].message.flags.add('R');
    expect(synced(), {.copied = 0, .bytes = 0, .deleted = 1, .flagged = 2},
           {.copied = 0, .bytes = 0, .deleted = 1, .flagged = 1});
    expect(synced(), {}, {});
}

TEST_F(FolderReportTest, MarkingAMessageCountsAsItsDeletion) {
    keep_marked_messages();
    server().add("a", "S");
    sync();
    disk().files.erase(disk().name_of(Uid(1)));
    expect(synced(), {}, {.copied = 0, .bytes = 0, .deleted = 1, .flagged = 0});
    expect(synced(), {}, {});
}

TEST_F(FolderReportTest, DryRunChangesNothing) {
    server().add("a", "S");
    disk().add("b", "");
    settings_.dry_run = true;
    expect(synced(), {}, {});
}

TEST_F(FolderReportTest, ComesAfterAStopToo) {
    server().add("a", "S");
    stop_.request_stop();
    EXPECT_THROW(sync(), base::Cancelled);
    EXPECT_EQ(sink_.all<events::FolderFinished>().size(), 1U);
}

class FolderProgressTest : public FolderReportTest {
  protected:
    // What was told of the direction that begins at `repository`.
    std::vector<events::TransferProgress> told_from(const std::string& repository) const {
        std::vector<events::TransferProgress> found;
        for (const auto& progress : sink_.all<events::TransferProgress>()) {
            if (progress.source.repository == repository) found.push_back(progress);
        }
        return found;
    }
};

TEST_F(FolderProgressTest, IsToldFromStartToEnd) {
    for (int i = 0; i < 10; ++i) server().add("r" + std::to_string(i), "S");
    for (int i = 0; i < 11; ++i) disk().add("loc" + std::to_string(i), "");
    sink_.progress = true;
    sync();
    const auto pulls = told_from("Remote");
    ASSERT_GE(pulls.size(), 2U);
    EXPECT_EQ(pulls.front().messages, 0U);
    EXPECT_EQ(pulls.front().total_messages, 10U);
    EXPECT_EQ(pulls.front().total_bytes, 20U);
    EXPECT_FALSE(pulls.front().ended);
    EXPECT_EQ(pulls.back().messages, 10U);
    EXPECT_EQ(pulls.back().bytes, 20U);
    EXPECT_TRUE(pulls.back().ended);
    const auto pushes = told_from("Local");
    ASSERT_GE(pushes.size(), 2U);
    EXPECT_EQ(pushes.front().total_bytes, 45U);
    EXPECT_EQ(pushes.back().messages, 11U);
    EXPECT_EQ(pushes.back().bytes, 45U);
    EXPECT_TRUE(pushes.back().ended);
}

TEST_F(FolderReportTest, ProgressIsNotToldToOthers) {
    server().add("a", "S");
    sync();
    EXPECT_TRUE(sink_.all<events::TransferProgress>().empty());
}

}  // namespace
}  // namespace offlineimap::sync
