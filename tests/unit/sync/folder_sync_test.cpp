#include "offlineimap/sync/folder_sync.hpp"

#include "folder_sync_fixture.hpp"

namespace offlineimap::sync {
namespace {

using base::Uid;
using fake::Server;

TEST_F(FolderSyncTest, CopiesNewMessagesBothWaysAndThenHasNothingToDo) {
    for (const char* body : {"a", "b", "c", "d", "e"}) server().add(body, "S");
    disk().add("x", "F");
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}, {2, "b/S"}, {3, "c/S"}, {4, "d/S"}, {5, "e/S"}, {6, "x/F"}}));
    EXPECT_EQ(on_disk(), on_server());
    const auto fetched = server().fetched;
    sync();
    EXPECT_EQ(server().fetched, fetched);
    EXPECT_EQ(server().appended, 1U);
    EXPECT_TRUE(errors().empty());
}

TEST_F(FolderSyncTest, PropagatesDeletionsAndFlagsBothWays) {
    for (const char* body : {"a", "b", "c", "d"}) server().add(body, "S");
    sync();
    server().messages.erase(Uid(1));
    disk().files.erase(disk().name_of(Uid(2)));
    server().messages[Uid(3)].flags.add('F');
    disk().files[disk().name_of(Uid(4))].message.flags.add('R').remove('S');
    sync();
    EXPECT_EQ(on_server(), (Content{{3, "c/FS"}, {4, "d/R"}}));
    EXPECT_EQ(on_disk(), on_server());
}

TEST_F(FolderSyncTest, DeletesNothingOnTheServerThatTheLocalListingOnlyMissed) {
    for (const char* body : {"a", "b", "c"}) server().add(body, "S");
    sync();
    disk().unseen = {disk().name_of(Uid(1))};
    disk().files.erase(disk().name_of(Uid(2)));
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}, {3, "c/S"}}));
    disk().unseen.clear();
    const auto fetched = server().fetched;
    sync();
    EXPECT_EQ(on_disk(), on_server());
    EXPECT_EQ(server().fetched, fetched);
    EXPECT_EQ(server().appended, 0U);
}

TEST_F(FolderSyncTest, ForgetsNothingThatIsGoneOnTheServerAndTheLocalListingOnlyMissed) {
    for (const char* body : {"a", "b", "c"}) server().add(body, "S");
    sync();
    server().messages.erase(Uid(1));
    disk().unseen = {disk().name_of(Uid(1))};
    sync();
    disk().unseen.clear();
    sync();
    EXPECT_EQ(on_disk(), (Content{{2, "b/S"}, {3, "c/S"}}));
    EXPECT_EQ(on_server(), on_disk());
    EXPECT_EQ(server().appended, 0U);
}

TEST_F(FolderSyncTest, ForgetsWhatIsGoneOnBothSides) {
    for (const char* body : {"a", "b"}) server().add(body, "S");
    sync();
    server().messages.erase(Uid(1));
    disk().files.erase(disk().name_of(Uid(1)));
    sync();
    sync(Thoroughness::quick);
    EXPECT_EQ(sink_.all<events::SkippingUnchangedFolder>().size(), 1U);
}

TEST_F(FolderSyncTest, MergesFlagsChangedOnBothSides) {
    server().add("a", "");
    sync();
    server().messages[Uid(1)].flags.add('F');
    disk().files[disk().name_of(Uid(1))].message.flags.add('S');
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/FS"}}));
    EXPECT_EQ(on_disk(), on_server());
}

TEST_F(FolderSyncTest, RebuildsALostStatusWithoutTransferOrDeletion) {
    server().add("a", "S");
    disk().add("a", "S", Uid(1));
    sync();
    EXPECT_EQ(server().fetched, 0U);
    EXPECT_EQ(server().appended, 0U);
    server().messages.erase(Uid(1));
    sync();
    EXPECT_TRUE(on_disk().empty());
}

TEST_F(FolderSyncTest, LeavesAFolderAloneWhoseUidValidityChanged) {
    server().add("a", "S");
    sync();
    server().validity = base::UidValidity(8);
    server().messages.clear();
    server().add("other", "");
    disk().add("new", "");
    sync();
    EXPECT_EQ(on_server(), (Content{{2, "other/"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "new/"}, {1, "a/S"}}));
    ASSERT_EQ(sink_.all<events::UidValidityProblem>().size(), 1U);
    EXPECT_EQ(sink_.all<events::UidValidityProblem>()[0].current, 8U);
}

TEST_F(FolderSyncTest, DeletesNothingOnTheServerForAnEmptyFolderThatIsAnotherDirectory) {
    server().add("a", "S");
    sync();
    disk().files.clear();
    disk().identity = "1 2";
    disk().add("new", "");
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "new/"}}));
    ASSERT_EQ(errors().size(), 1U);
    EXPECT_NE(errors()[0].find("not the directory that was synced before"), std::string::npos);
}

TEST_F(FolderSyncTest, DeletesNothingOnTheServerForAFolderThatWasRestoredByHalf) {
    for (const char* body : {"a", "b"}) server().add(body, "S");
    sync();
    disk().files.erase("uid2");
    disk().identity = "1 2";
    sync();
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}, {2, "b/S"}}));
    EXPECT_EQ(errors().size(), 2U);
}

TEST_F(FolderSyncTest, SendsMessagesWhoseUidsAreOfAFolderThatIsGone) {
    disk().add("old", "S", Uid(1));
    disk().add("older", "S", Uid(2));
    sync();
    EXPECT_EQ(server().appended, 2U);
    EXPECT_EQ(on_disk(), on_server());
    EXPECT_EQ(on_server().size(), 2U);
}

TEST_F(FolderSyncTest, BelievesThatTheSameDirectoryWasEmptied) {
    server().add("a", "S");
    sync();
    disk().files.clear();
    sync();
    EXPECT_EQ(on_server(), Content{});
    EXPECT_EQ(errors(), std::vector<std::string>{});
}

TEST_F(FolderSyncTest, RemembersAnotherDirectoryThatHasTheMail) {
    server().add("a", "S");
    sync();
    disk().identity = "1 2";
    sync();
    disk().files.clear();
    sync();
    EXPECT_EQ(on_server(), Content{});
    EXPECT_EQ(errors(), std::vector<std::string>{});
}

TEST_F(FolderSyncTest, FindsAMessageWhoseUidTheServerDidNotTell) {
    disk().add("x", "");
    server().append_faults[0] = Server::AppendFault::store_silently;
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "x/"}}));
    EXPECT_EQ(server().appended, 1U);
    sync();
    EXPECT_EQ(server().appended, 1U);
    EXPECT_EQ(server().fetched, 0U);
}

TEST_F(FolderSyncTest, FindsAMessageThatTheServerAlteredByItsMessageId) {
    disk().files[disk().add("x")].message.message_id = "<1@x>";
    server().append_faults[0] = Server::AppendFault::store_altered;
    for (int run = 0; run < 3; ++run) sync();
    EXPECT_EQ(on_server(), (Content{{1, "x altered/"}}));
    EXPECT_EQ(on_disk(), (Content{{1, "x/"}}));
    EXPECT_EQ(server().appended, 1U);
    EXPECT_EQ(errors(), std::vector<std::string>{});
}

TEST_F(FolderSyncTest, FindsAnAlteredMessageByItsMessageIdAtALaterRun) {
    disk().files[disk().add("x")].message.message_id = "<1@x>";
    server().append_faults[0] = Server::AppendFault::store_altered;
    server().searches_headers = false;
    sync();
    EXPECT_EQ(on_disk(), (Content{{0, "x/"}}));
    EXPECT_EQ(errors().size(), 1U);
    server().searches_headers = true;
    server().messages[server().add("other")].message_id = "<2@x>";
    for (int run = 0; run < 2; ++run) sync();
    EXPECT_EQ(on_server(), (Content{{1, "x altered/"}, {2, "other/"}}));
    EXPECT_EQ(on_disk(), (Content{{1, "x/"}, {2, "other/"}}));
    EXPECT_EQ(server().appended, 1U);
    EXPECT_EQ(errors().size(), 1U);
}

TEST_F(FolderSyncTest, TakesTheOnlyArrivalForAnAlteredMessageWithoutAMessageId) {
    disk().add("x");
    server().append_faults[0] = Server::AppendFault::store_altered;
    for (int run = 0; run < 3; ++run) sync();
    EXPECT_EQ(on_server(), (Content{{1, "x altered/"}}));
    EXPECT_EQ(on_disk(), (Content{{1, "x/"}}));
    EXPECT_EQ(server().appended, 1U);
    ASSERT_EQ(errors().size(), 1U);
    EXPECT_NE(errors()[0].find("looked for at the next run"), std::string::npos);
}

TEST_F(FolderSyncTest, NeverSendsAgainWhatTheServerAcknowledged) {
    const auto one = disk().add("x");
    const auto two = disk().add("y");
    server().append_faults = {{0, Server::AppendFault::store_altered},
                              {1, Server::AppendFault::store_altered}};
    for (int run = 0; run < 3; ++run) sync();
    EXPECT_EQ(server().appended, 2U);
    EXPECT_EQ(on_server(), (Content{{1, "y altered/"}, {2, "x altered/"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "x/y/"}, {1, "y altered/"}, {2, "x altered/"}}));
    EXPECT_EQ(errors().size(), 6U);
    disk().files.erase(one);
    disk().files.erase(two);
    sync();
    EXPECT_EQ(on_disk(), on_server());
    EXPECT_EQ(errors().size(), 6U);
}

TEST_F(FolderSyncTest, DoesNotTakeAnArrivalWithAnotherMessageIdForAnAlteredMessage) {
    disk().files[disk().add("x")].message.message_id = "<1@x>";
    server().append_faults[0] = Server::AppendFault::store_altered;
    server().searches_headers = false;
    sync();
    server().searches_headers = true;
    server().messages.clear();
    server().messages[server().add("other")].message_id = "<2@x>";
    sync();
    EXPECT_EQ(on_disk(), (Content{{0, "x/"}, {2, "other/"}}));
    EXPECT_EQ(on_server(), (Content{{2, "other/"}}));
    EXPECT_EQ(server().appended, 1U);
}

TEST_F(FolderSyncTest, RemembersAnAcknowledgedUploadWhenTheQuotaIsReached) {
    for (const char* body : {"x", "y"}) disk().add(body);
    server().append_faults = {{0, Server::AppendFault::store_altered}, {1, Server::AppendFault::quota}};
    EXPECT_THROW(sync(), base::Error);
    sync();
    EXPECT_EQ(server().appended, 2U);
    EXPECT_EQ(on_disk(), (Content{{1, "y/"}, {2, "x/"}}));
}

TEST_F(FolderSyncTest, DoesNotAnnounceAnAcknowledgedUploadInADryRun) {
    for (const char* body : {"x", "y"}) disk().add(body);
    server().append_faults = {{0, Server::AppendFault::store_altered},
                              {1, Server::AppendFault::store_altered}};
    local_options_.readonly = true;
    sync();
    settings_.dry_run = true;
    sync();
    EXPECT_TRUE(sink_.all<events::WouldCopyMessages>().empty());
}

TEST_F(FolderSyncTest, SendsAMessageOnceWhenTheConnectionBreaksAfterItArrived) {
    for (const char* body : {"x", "y", "z"}) disk().add(body, "");
    server().append_faults[1] = Server::AppendFault::break_after_storing;
    sync();
    EXPECT_EQ(server().appended, 3U);
    EXPECT_EQ(on_disk(), on_server());
    EXPECT_EQ(on_server().size(), 3U);
}

TEST_F(FolderSyncTest, SendsAMessageAgainWhenTheConnectionBreaksBeforeItArrived) {
    for (const char* body : {"x", "y"}) disk().add(body, "");
    server().append_faults[0] = Server::AppendFault::break_before_storing;
    sync();
    EXPECT_EQ(server().appended, 2U);
    EXPECT_EQ(on_disk(), on_server());
    EXPECT_TRUE(errors().empty());
}

// Two equal messages were stored, the run was killed when one of the two files had its UID: the other UID
// belongs to the other file.
TEST_F(FolderSyncTest, GivesEachOfTwoEqualMessagesItsOwnUidAfterAKill) {
    for (const bool first_has_it : {true, false}) {
        server() = Server();
        disk() = fake::Disk();
        std::filesystem::remove_all(metadata_.path() / "Account-Test");
        const auto one = disk().add("same", "");
        const auto two = disk().add("same", "");
        sync_with_open_uploads({one, two}, [&] {
            server().add("same");
            server().add("same");
            disk().files[first_has_it ? one : two].uid = Uid(1);
            disk().rename(first_has_it ? one : two, "renamed");
        });
        EXPECT_EQ(on_server(), (Content{{1, "same/"}, {2, "same/"}})) << first_has_it;
        EXPECT_EQ(on_disk(), on_server()) << first_has_it;
    }
}

TEST_F(FolderSyncTest, GoesOnAfterARefusedMessage) {
    for (const char* body : {"x", "y"}) disk().add(body, "");
    server().append_faults[0] = Server::AppendFault::refuse;
    sync();
    // The last of the new messages goes out first, as in the original.
    EXPECT_EQ(on_server(), (Content{{1, "x/"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "y/"}, {1, "x/"}}));
    ASSERT_EQ(errors().size(), 1U);
    EXPECT_NE(errors()[0].find("too odd"), std::string::npos);
}

TEST_F(FolderSyncTest, SendsEveryMessageBehindManyRefusedOnes) {
    for (const char* body : {"a", "b", "c", "d", "e", "f"}) disk().add(body, "");
    server().refused = {"b", "c", "e", "f"};
    sync();
    EXPECT_EQ(on_server().size(), 2U);
    EXPECT_EQ(server().appended, 2U);
    EXPECT_EQ(errors().size(), 4U);
}

TEST_F(FolderSyncTest, SendsEveryMessageBehindOneThatBreaksTheConnection) {
    for (const char* body : {"a", "b", "c", "d"}) disk().add(body, "");
    server().poisonous = {"d"};
    sync();
    EXPECT_EQ(on_server().size(), 3U);
    EXPECT_EQ(server().appended, 3U);
    ASSERT_EQ(errors().size(), 1U);
    EXPECT_NE(errors()[0].find("broke again and again while it was sent (connection lost)"),
              std::string::npos);
}

TEST_F(FolderSyncTest, EndsTheAccountWhenTheQuotaIsReached) {
    for (const char* body : {"x", "y"}) disk().add(body, "");
    server().append_faults[1] = Server::AppendFault::quota;
    try {
        sync();
        FAIL() << "no error";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
        EXPECT_EQ(error.code(), base::ErrorCode::quota);
    }
    EXPECT_EQ(on_disk(), (Content{{0, "x/"}, {1, "y/"}}));
}

TEST_F(FolderSyncTest, KeepsReadOnlySidesUntouched) {
    server().add("a", "S");
    disk().add("x", "");
    remote_options_.readonly = true;
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}}));
    EXPECT_EQ(on_disk(), (Content{{0, "x/"}, {1, "a/S"}}));
    remote_options_.readonly = false;
    local_options_.readonly = true;
    server().add("b", "");
    sync();
    EXPECT_EQ(on_disk().count(2), 0U);
}

TEST_F(FolderSyncTest, TellsOfAServersReadOnlyFolderAndChangesNothing) {
    disk().add("x", "");
    server().read_only = true;
    sync();
    EXPECT_TRUE(on_server().empty());
    EXPECT_EQ(sink_.all<events::ReadOnlyFolder>().size(), 1U);
    settings_.ignore_readonly = true;
    sync();
    EXPECT_EQ(sink_.all<events::ReadOnlyFolder>().size(), 1U);
}

TEST_F(FolderSyncTest, KeepsDeletionsToItselfWhereSyncDeletesIsOff) {
    server().add("a", "S");
    server().add("b", "S");
    sync();
    local_options_.sync_deletes = false;
    disk().files.erase(disk().name_of(Uid(1)));
    sync();
    EXPECT_EQ(on_server().size(), 2U);
    EXPECT_EQ(on_disk(), (Content{{2, "b/S"}}));
    server().messages.erase(Uid(2));
    sync();
    EXPECT_TRUE(on_disk().empty());
}

TEST_F(FolderSyncTest, LeavesLettersAloneThatImapHasNoFlagFor) {
    disk().add("x", "PS");
    server().add("a", "S");
    sync();
    disk().files[disk().name_of(Uid(1))].message.flags.add('P');
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "a/PS"}, {2, "x/PS"}}));
    EXPECT_EQ(on_server(), (Content{{1, "a/S"}, {2, "x/S"}}));
    EXPECT_TRUE(sink_.all<events::AddingFlags>().empty());
}

TEST_F(FolderSyncTest, ChangesNothingInADryRunAndSaysWhatItWouldDo) {
    for (const char* body : {"a", "b", "c"}) server().add(body, "S");
    sync();
    server().add("d", "");
    server().messages.erase(Uid(1));
    disk().add("x", "");
    const auto server_before = on_server();
    const auto disk_before = on_disk();
    settings_.dry_run = true;
    sink_.records.clear();
    sync();
    EXPECT_EQ(on_server(), server_before);
    EXPECT_EQ(on_disk(), disk_before);
    EXPECT_EQ(sink_.all<events::WouldCopyMessages>().size(), 2U);
    ASSERT_EQ(sink_.all<events::DeletingMessages>().size(), 1U);
    EXPECT_EQ(sink_.all<events::DeletingMessages>()[0].run, events::Run::dry);
}

TEST_F(FolderSyncTest, SkipsAnUnchangedFolderInAQuickRun) {
    server().add("a", "S");
    sync();
    sync(Thoroughness::quick);
    EXPECT_EQ(sink_.all<events::SkippingUnchangedFolder>().size(), 1U);
    disk().add("x", "");
    sync(Thoroughness::quick);
    EXPECT_EQ(on_server().size(), 2U);
}

TEST_F(FolderSyncTest, SkipsInAQuickRunWhatWasOnlyMarkedOnTheServer) {
    keep_marked_messages();
    for (const char* body : {"a", "b"}) server().add(body, "S");
    sync();
    disk().files.erase(disk().name_of(Uid(1)));
    sync();
    EXPECT_EQ(on_server(), (Content{{1, "a/ST"}, {2, "b/S"}}));
    sync(Thoroughness::quick);
    EXPECT_EQ(sink_.all<events::SkippingUnchangedFolder>().size(), 1U);
    disk().files.erase(disk().name_of(Uid(2)));
    sync(Thoroughness::quick);
    EXPECT_EQ(on_server(), (Content{{1, "a/ST"}, {2, "b/ST"}}));
    EXPECT_EQ(sink_.all<events::SkippingUnchangedFolder>().size(), 1U);
}

TEST_F(FolderSyncTest, LearnsInAFullSyncWhatAnEarlierVersionMarkedWithoutRecord) {
    keep_marked_messages();
    for (const char* body : {"a", "b"}) server().add(body, "S");
    sync();
    disk().files.erase(disk().name_of(Uid(1)));
    server().messages.at(Uid(1)).flags.add('T');
    sync();
    sync(Thoroughness::quick);
    EXPECT_EQ(sink_.all<events::SkippingUnchangedFolder>().size(), 1U);
    EXPECT_TRUE(sink_.all<events::DeletingMessages>().empty());
}

TEST_F(FolderSyncTest, NeverCopiesIgnoredUids) {
    server().add("a", "S");
    server().add("b", "S");
    ignored_ = {Uid(1)};
    sync();
    EXPECT_EQ(on_disk(), (Content{{2, "b/S"}}));
    EXPECT_EQ(sink_.all<events::IgnoringMessage>().size(), 1U);
    ASSERT_EQ(sink_.all<events::CopyingMessage>().size(), 1U);
    EXPECT_EQ(sink_.all<events::CopyingMessage>()[0].total, 2U);
}

TEST_F(FolderSyncTest, CallsTheNewMailHookOnceForUnseenMail) {
    server().add("a", "");
    server().add("b", "");
    sync();
    EXPECT_EQ(new_mail_hooks_, 1);
    server().add("c", "S");
    sync();
    EXPECT_EQ(new_mail_hooks_, 0);
}

TEST_F(FolderSyncTest, ObeysAStop) {
    server().add("a", "S");
    stop_.request_stop();
    EXPECT_THROW(sync(), base::Cancelled);
    EXPECT_TRUE(on_disk().empty());
}

}  // namespace
}  // namespace offlineimap::sync
