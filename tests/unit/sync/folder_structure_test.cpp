#include "../../../src/sync/folder_structure.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace offlineimap::sync {
namespace {

class FolderStructureTest : public ::testing::Test {
  protected:
    // "remote=local" of every pair, in order.
    std::vector<std::string> pairs() {
        settings_.account = "Test";
        settings_.status = {.metadata = metadata_.path(),
                            .account = "Test",
                            .local_repository = "Local",
                            .remote_repository = "Remote",
                            .backend = backend_,
                            .dry_run = settings_.dry_run};
        fake::FakeRemote remote(servers_, interpreter_, remote_options_);
        fake::FakeLocal local(disks_, interpreter_, local_options_);
        local.ignores_case = disk_ignores_case_;
        std::vector<std::string> found;
        for (const auto& pair :
             pair_folders(settings_, remote, local, {events::Reporter(sink_, "Account sync Test"), {}})) {
            found.push_back(pair.remote.name.text() + "=" + pair.local.name.text());
        }
        return found;
    }
    using Pairs = std::vector<std::string>;

    fake::Metadata metadata_;
    python::Interpreter interpreter_{std::nullopt};
    std::map<std::string, fake::Server> servers_;
    std::map<std::string, fake::Disk> disks_;
    config::Repository remote_options_ = fake::remote_options();
    config::Repository local_options_ = fake::local_options();
    FolderSyncSettings settings_;
    bool disk_ignores_case_ = false;
    config::StatusBackend backend_ = config::StatusBackend::sqlite;
    fake::Collector sink_;
};

config::Expression expression(const char* text) {
    return {.text = text, .section = "Repository R", .option = "nametrans", .origin = {"test.conf", 1}};
}

TEST_F(FolderStructureTest, MakesWhatEitherSideLacks) {
    servers_["A/B"];
    disks_["C.D"];
    EXPECT_EQ(pairs(), (Pairs{"A/B=A.B", "C/D=C.D"}));
    EXPECT_TRUE(disks_.contains("A.B"));
    EXPECT_TRUE(servers_.contains("C/D"));
}

TEST_F(FolderStructureTest, MakesNothingWhereThatIsForbidden) {
    servers_["A"];
    disks_["C"];
    local_options_.createfolders = false;
    remote_options_.readonly = true;
    EXPECT_EQ(pairs(), Pairs{});
    EXPECT_EQ(servers_.size(), 1U);
    EXPECT_EQ(disks_.size(), 1U);
    EXPECT_EQ(sink_.all<events::WarningGiven>().size(), 1U);
}

TEST_F(FolderStructureTest, TellsInOneLineWhichFoldersStayLocal) {
    servers_["A/B"];
    for (const char* name : {"A.B", "C.D", "E", "Filtered"}) disks_[name];
    remote_options_.createfolders = false;
    remote_options_.folderfilter = expression("lambda f: f != 'Filtered'");
    EXPECT_EQ(pairs(), Pairs{"A/B=A.B"});
    remote_options_.readonly = true;
    pairs();
    const auto lines = sink_.all<events::Information>();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].text,
              "Not synced, because the server does not have them and 'createfolders = no' of repository "
              "'Remote' forbids to make them: 'C.D', 'E'");
    EXPECT_NE(lines[1].text.find("'readonly = yes'"), std::string::npos) << lines[1].text;
}

// The translation back is often missing where nothing may be made on the server.
TEST_F(FolderStructureTest, TellsNothingOfALocalFolderThatIsSyncedUnderAnotherName) {
    servers_["Sent Mail"];
    disks_["sent"];
    remote_options_.createfolders = false;
    remote_options_.nametrans = expression("lambda f: {'Sent Mail': 'sent'}.get(f, f)");
    EXPECT_EQ(pairs(), Pairs{"Sent Mail=sent"});
    EXPECT_TRUE(sink_.all<events::Information>().empty());
}

TEST_F(FolderStructureTest, LeavesOutANameThatHoldsTheLocalSeparator) {
    servers_["a/b"];
    servers_["a.b"];
    EXPECT_EQ(pairs(), Pairs{"a/b=a.b"});
    ASSERT_EQ(sink_.all<events::WarningGiven>().size(), 1U);
    EXPECT_NE(sink_.all<events::WarningGiven>()[0].text.find("a.b"), std::string::npos);
    EXPECT_EQ(disks_.size(), 1U);
}

TEST_F(FolderStructureTest, RefusesAllFoldersThatWouldShareOneLocalFolder) {
    servers_["A"];
    servers_["B"];
    servers_["C"];
    remote_options_.nametrans = expression("lambda f: 'same' if f in ('A', 'B') else f");
    remote_options_.createfolders = false;
    EXPECT_EQ(pairs(), Pairs{"C=C"});
    ASSERT_FALSE(sink_.all<events::ErrorOccurred>().empty());
    EXPECT_NE(sink_.all<events::ErrorOccurred>()[0].text.find("'A' and 'B'"), std::string::npos);
}

TEST_F(FolderStructureTest, LeavesOutAFolderWhoseStateSqliteWouldTakeForAJournal) {
    servers_["Trip"];
    servers_["Trip-journal"];
    servers_["Diary-journal"];
    EXPECT_EQ(pairs(), (Pairs{"Diary-journal=Diary-journal", "Trip=Trip"}));
    const auto errors = sink_.all<events::ErrorOccurred>();
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors[0].text.find("the folder 'Trip-journal' is not synced"), std::string::npos)
        << errors[0].text;
    // The plain format has no journal of that name.
    backend_ = config::StatusBackend::plain;
    EXPECT_EQ(pairs(), (Pairs{"Diary-journal=Diary-journal", "Trip=Trip", "Trip-journal=Trip-journal"}));
}

TEST_F(FolderStructureTest, MakesNoFolderThatNoStateCanBeKeptFor) {
    const std::string too_long(248, 'x');
    servers_[too_long];
    servers_["A"];
    disks_[std::string(248, 'y')];
    for (const std::size_t errors : {2U, 4U}) {
        EXPECT_EQ(pairs(), Pairs{"A=A"});
        EXPECT_EQ(sink_.all<events::ErrorOccurred>().size(), errors);
        EXPECT_FALSE(disks_.contains(too_long));
        EXPECT_EQ(servers_.size(), 2U);
    }
}

TEST_F(FolderStructureTest, TakesInboxForOneMailboxInWhateverCaseTheServerWritesIt) {
    servers_["Inbox"];
    disks_["INBOX"];
    EXPECT_EQ(pairs(), Pairs{"Inbox=Inbox"});
    EXPECT_FALSE(servers_.contains("INBOX"));
    ASSERT_EQ(sink_.all<events::WarningGiven>().size(), 1U);
    EXPECT_NE(sink_.all<events::WarningGiven>()[0].text.find("'INBOX' is not synced"), std::string::npos);
}

TEST_F(FolderStructureTest, GoesOnWithInboxInAnotherCaseWhereThatIsTranslated) {
    servers_["Inbox"];
    disks_["INBOX"];
    remote_options_.nametrans = expression("lambda f: 'INBOX' if f.lower() == 'inbox' else f");
    EXPECT_EQ(pairs(), Pairs{"Inbox=INBOX"});
    EXPECT_EQ(disks_.size(), 1U);
    EXPECT_EQ(servers_.size(), 1U);
    EXPECT_TRUE(sink_.all<events::WarningGiven>().empty());
}

TEST_F(FolderStructureTest, KeepsOtherNamesApartThatDifferInCaseOnly) {
    servers_["Work"];
    servers_["work"];
    EXPECT_EQ(pairs(), (Pairs{"Work=Work", "work=work"}));
}

TEST_F(FolderStructureTest, RefusesFoldersThatTheFileSystemTakesForOne) {
    disk_ignores_case_ = true;
    for (const char* name : {"Work", "work", "Other"}) servers_[name];
    disks_["Work"];
    EXPECT_EQ(pairs(), Pairs{"Other=Other"});
    const auto errors = sink_.all<events::ErrorOccurred>();
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors[0].text.find("would share the directory of the local folder 'Work'"), std::string::npos);
}

TEST_F(FolderStructureTest, MakesNoSecondFolderInOneDirectory) {
    disk_ignores_case_ = true;
    for (const char* name : {"Work", "work"}) servers_[name];
    EXPECT_EQ(pairs().size(), 1U);
    EXPECT_EQ(disks_.size(), 1U);
    EXPECT_EQ(sink_.all<events::ErrorOccurred>().size(), 1U);
    EXPECT_EQ(pairs(), Pairs{});
}

TEST_F(FolderStructureTest, RefusesInboxInTwoSpellings) {
    for (const char* name : {"INBOX", "Inbox", "Work"}) servers_[name];
    EXPECT_EQ(pairs(), Pairs{"Work=Work"});
    EXPECT_EQ(sink_.all<events::ErrorOccurred>().size(), 1U);
}

TEST_F(FolderStructureTest, StopsWhenTheTranslationsWouldMakeFoldersWithoutEnd) {
    disks_["Work"];
    remote_options_.nametrans = expression("lambda f: 'X/' + f");
    local_options_.nametrans = expression("lambda f: 'X.' + f");
    try {
        pairs();
        FAIL() << "no error";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
        EXPECT_EQ(std::string(error.what())
                      .rfind("INFINITE FOLDER CREATION DETECTED! Folder 'Work' (repository 'Local') would be "
                             "created as "
                             "folder 'X/Work' (repository 'Remote'). The latter becomes 'X.X.Work' in return",
                             0),
                  0U)
            << error.what();
    }
    EXPECT_TRUE(servers_.empty());
}

TEST_F(FolderStructureTest, TranslatesBothWays) {
    servers_["INBOX/Work"];
    disks_["Home"];
    remote_options_.nametrans = expression("lambda f: re.sub('^INBOX/', '', f)");
    local_options_.nametrans = expression("lambda f: 'INBOX.' + f");
    EXPECT_EQ(pairs(), (Pairs{"INBOX/Home=Home", "INBOX/Work=Work"}));
}

TEST_F(FolderStructureTest, FiltersEachSideByItsOwnName) {
    servers_["A"];
    servers_["B"];
    disks_["C"];
    remote_options_.folderfilter = expression("lambda f: f != 'B'");
    local_options_.folderfilter = expression("lambda f: f != 'C'");
    EXPECT_EQ(pairs(), Pairs{"A=A"});
    EXPECT_FALSE(servers_.contains("C"));
}

TEST_F(FolderStructureTest, ForgetsWhatItKnewOfAFolderItMakesAnew) {
    servers_["A"];
    pairs();
    settings_.status.metadata = metadata_.path();
    repository::save_validity(settings_.status, repository::Side::remote, base::FolderName("A"),
                              base::UidValidity(5));
    disks_.erase("A");
    pairs();
    EXPECT_FALSE(repository::saved_validity(settings_.status, repository::Side::remote, base::FolderName("A"))
                     .has_value());
}

}  // namespace
}  // namespace offlineimap::sync
