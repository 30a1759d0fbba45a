// A folder whose UIDVALIDITY changed.
#include "folder_sync_fixture.hpp"

namespace offlineimap::sync {
namespace {

using base::Uid;

class NewUidValidity : public FolderSyncTest {
  protected:
    // The server gives every message another UID, in reverse order so that old and new numbers overlap.
    void renumber_on_server() {
        std::map<Uid, fake::Message> renumbered;
        auto next = static_cast<std::uint32_t>(server().messages.size());
        server().next_uid = next + 1;
        for (auto& [uid, message] : server().messages) renumbered[Uid(next--)] = std::move(message);
        server().messages = std::move(renumbered);
        server().validity = base::UidValidity(server().validity.value() + 1);
    }
    void expect_no_transfer() {
        EXPECT_EQ(server().fetched, fetched_);
        EXPECT_EQ(server().appended, 0U);
        EXPECT_EQ(errors(), std::vector<std::string>{});
        EXPECT_TRUE(sink_.all<events::UidValidityProblem>().empty());
    }
    void fill() {
        for (const char* body : {"a", "bb", "ccc"}) server().add(body, "S");
        sync();
        fetched_ = server().fetched;
    }
    std::filesystem::path journal() const {
        return metadata_.path() / "Account-Test" / "Renumbering" / "INBOX";
    }
    std::filesystem::path failed_attempt() const {
        return metadata_.path() / "Account-Test" / "FailedAdoption" / "INBOX";
    }
    std::size_t fetched_ = 0;
};

TEST_F(NewUidValidity, IsAdoptedWithoutTransferWhereEveryMessageIsRecognised) {
    fill();
    renumber_on_server();
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "ccc/S"}, {2, "bb/S"}, {3, "a/S"}}));
    expect_no_transfer();
    EXPECT_FALSE(std::filesystem::exists(journal()));
    sync();
    expect_no_transfer();
    EXPECT_EQ(sink_.all<events::WarningGiven>().size(), 1U);
}

TEST_F(NewUidValidity, KeepsChangesOfBothSidesMadeBeforeItWasNoticed) {
    fill();
    server().messages.at(Uid(1)).flags = mail::Flags::parse("FS");
    disk().files.at("uid2").message.flags = mail::Flags::parse("RS");
    renumber_on_server();
    server().add("dddd", "");
    disk().add("eeeee", "");
    sync();
    const Content all{{1, "ccc/S"}, {2, "bb/RS"}, {3, "a/FS"}, {4, "dddd/"}, {5, "eeeee/"}};
    EXPECT_EQ(on_disk(), all);
    EXPECT_EQ(on_server(), all);
    EXPECT_EQ(server().fetched, fetched_ + 1);
    EXPECT_EQ(server().appended, 1U);
}

TEST_F(NewUidValidity, LeavesTheFolderAloneIfOneMessageIsNotFound) {
    fill();
    renumber_on_server();
    server().messages.erase(Uid(2));
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "a/S"}, {2, "bb/S"}, {3, "ccc/S"}}));
    EXPECT_EQ(on_server().size(), 2U);
    EXPECT_EQ(sink_.all<events::UidValidityProblem>().size(), 1U);
}

TEST_F(NewUidValidity, IsNotTriedAgainUntilOneSideHasOtherMessages) {
    fill();
    renumber_on_server();
    server().messages.erase(Uid(2));
    sync();
    const auto searched = server().searched_by_content;
    EXPECT_GT(searched, 0U);
    sync();
    EXPECT_EQ(server().searched_by_content, searched);
    EXPECT_EQ(sink_.all<events::UidValidityProblem>().size(), 2U);
    server().add("bb", "S");
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "ccc/S"}, {3, "a/S"}, {4, "bb/S"}}));
    EXPECT_EQ(on_server(), on_disk());
    EXPECT_EQ(sink_.all<events::UidValidityProblem>().size(), 2U);
    EXPECT_FALSE(std::filesystem::exists(failed_attempt()));
}

TEST_F(NewUidValidity, IsTriedAgainWhenTheMessageThatWasNotFoundIsDeletedHere) {
    fill();
    renumber_on_server();
    server().messages.erase(Uid(2));
    sync();
    disk().files.erase("uid2");
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "ccc/S"}, {3, "a/S"}}));
    EXPECT_EQ(sink_.all<events::UidValidityProblem>().size(), 1U);
}

TEST_F(NewUidValidity, IsTriedAgainWhereTheServerDoesNotTellWhatItHas) {
    fill();
    renumber_on_server();
    server().messages.erase(Uid(2));
    server().tells_uid_next = false;
    sync();
    const auto searched = server().searched_by_content;
    sync();
    EXPECT_EQ(server().searched_by_content, 2 * searched);
}

TEST_F(NewUidValidity, IsNotRememberedAsFailedByADryRun) {
    fill();
    renumber_on_server();
    server().messages.erase(Uid(2));
    settings_.dry_run = true;
    sync();
    EXPECT_FALSE(std::filesystem::exists(failed_attempt()));
}

TEST_F(NewUidValidity, LeavesTheFolderAloneIfTwoFilesClaimOneUid) {
    fill();
    renumber_on_server();
    disk().has_ambiguous_uids = true;
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "a/S"}, {2, "bb/S"}, {3, "ccc/S"}}));
    EXPECT_EQ(sink_.all<events::UidValidityProblem>().size(), 1U);
}

TEST_F(NewUidValidity, ChangesNothingInADryRun) {
    fill();
    renumber_on_server();
    settings_.dry_run = true;
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "a/S"}, {2, "bb/S"}, {3, "ccc/S"}}));
    EXPECT_FALSE(std::filesystem::exists(journal()));
    expect_no_transfer();
    ASSERT_EQ(sink_.all<events::WarningGiven>().size(), 1U);
    EXPECT_NE(sink_.all<events::WarningGiven>()[0].text.find("would take them"), std::string::npos);
}

// As if killed after the decision: some files have their new UIDs, the status does not.
TEST_F(NewUidValidity, IsFinishedByTheNextRunAfterAKill) {
    fill();
    renumber_on_server();
    const repository::StatusSettings settings{.metadata = metadata_.path(),
                                              .account = "Test",
                                              .local_repository = "Local",
                                              .remote_repository = "Remote",
                                              .fsync = false};
    const auto flags = mail::Flags::parse("S");
    begin_renumbering(
        settings, inbox_,
        {server().validity, {{"uid1", Uid(3), flags}, {"uid2", Uid(2), flags}, {"uid3", Uid(1), flags}}});
    disk().rename("uid1", "renamed");
    disk().files.at("renamed").uid = Uid(3);
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "ccc/S"}, {2, "bb/S"}, {3, "a/S"}}));
    EXPECT_EQ(on_server(), on_disk());
    expect_no_transfer();
    EXPECT_FALSE(std::filesystem::exists(journal()));
}

// A row without a file would be taken for a deletion.
TEST_F(NewUidValidity, FetchesAMessageAgainWhoseFileWentAwayMeanwhile) {
    fill();
    renumber_on_server();
    disk().vanishing = "uid2";
    sync();
    EXPECT_EQ(on_server().size(), 3U);
    EXPECT_EQ(on_disk(), on_server());
    EXPECT_EQ(server().fetched, fetched_ + 1);
}

// Two accounts may share the server's folder: each has UIDs of its own epoch.
TEST_F(NewUidValidity, IsNoticedByEachAccountForItself) {
    fill();
    renumber_on_server();
    const repository::StatusSettings other{.metadata = metadata_.path(),
                                           .account = "Other",
                                           .local_repository = "Elsewhere",
                                           .remote_repository = "Remote",
                                           .fsync = false};
    save_validity(other, repository::Side::remote, inbox_, server().validity);
    sync();
    EXPECT_EQ(on_disk(), (Content{{1, "ccc/S"}, {2, "bb/S"}, {3, "a/S"}}));
    expect_no_transfer();
}

}  // namespace
}  // namespace offlineimap::sync
