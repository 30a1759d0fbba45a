#include "offlineimap/maildir/md5_migration.hpp"

#include <gmock/gmock.h>

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Md5MigrationTest : public MaildirTest {
  protected:
    static std::string named(const std::string& unique, const std::string& md5, const std::string& info) {
        return unique + ".1.host,U=7,FMD5=" + md5 + info;
    }
    void migrate(bool dry_run = false, const std::stop_token& stop = {}) {
        migrate_md5({.folder = path(), .from = kInbox, .to = kOther, .dry_run = dry_run},
                    {.outdated = [this](const fs::path& file) { outdated_.push_back(file); },
                     .inconsistent = [this](const fs::path& file) { inconsistent_.push_back(file); }},
                    stop);
    }

    std::vector<fs::path> outdated_;
    std::vector<fs::path> inconsistent_;
};

TEST_F(Md5MigrationTest, GivesOutdatedNamesTheNewHashAndKeepsTheRest) {
    put("cur/" + named("1_0", kInbox, ":2,FS"), "content");
    put("new/" + named("2_0", kInbox, ""));
    migrate();
    EXPECT_THAT(in_cur(), ElementsAre(named("1_0", kOther, ":2,FS")));
    EXPECT_THAT(in_new(), ElementsAre(named("2_0", kOther, "")));
    EXPECT_EQ(read_file(path() / "cur" / in_cur().front()), "content");
    EXPECT_THAT(outdated_, ElementsAre(path() / "new" / named("2_0", kInbox, ""),
                                       path() / "cur" / named("1_0", kInbox, ":2,FS")));
    EXPECT_THAT(inconsistent_, IsEmpty());
}

TEST_F(Md5MigrationTest, LeavesAloneWhatHasTheNewHashOrNone) {
    put("cur/" + named("1_0", kOther, ":2,S"));
    put("cur/1700000000.M1P1.reader:2,S");
    put("cur/.hidden,FMD5=" + std::string(kInbox));
    const auto before = in_cur();
    migrate();
    EXPECT_EQ(in_cur(), before);
    EXPECT_THAT(outdated_, IsEmpty());
    EXPECT_THAT(inconsistent_, IsEmpty());
}

TEST_F(Md5MigrationTest, TellsOfAForeignHashAndLeavesItAlone) {
    const std::string foreign = named("1_0", std::string(32, 'a'), ":2,S");
    put("cur/" + foreign);
    migrate();
    EXPECT_THAT(in_cur(), ElementsAre(foreign));
    EXPECT_THAT(inconsistent_, ElementsAre(path() / "cur" / foreign));
}

TEST_F(Md5MigrationTest, DryRunTellsAndChangesNothing) {
    put("cur/" + named("1_0", kInbox, ":2,S"));
    migrate(true);
    EXPECT_THAT(in_cur(), ElementsAre(named("1_0", kInbox, ":2,S")));
    EXPECT_EQ(outdated_.size(), 1U);
}

TEST_F(Md5MigrationTest, MigratesOnlyOnce) {
    put("cur/" + named("1_0", kInbox, ":2,S"));
    migrate();
    outdated_.clear();
    migrate();
    EXPECT_THAT(outdated_, IsEmpty());
}

TEST_F(Md5MigrationTest, NeverReplacesAnotherMessage) {
    put("cur/" + named("1_0", kInbox, ":2,S"), "old");
    put("cur/" + named("1_0", kOther, ":2,S"), "new");
    EXPECT_EQ(error_code_of([&] { migrate(); }), base::ErrorCode::io);
    EXPECT_EQ(read_file(path() / "cur" / named("1_0", kInbox, ":2,S")), "old");
    EXPECT_EQ(read_file(path() / "cur" / named("1_0", kOther, ":2,S")), "new");
}

TEST_F(Md5MigrationTest, StopsBetweenMessages) {
    put("cur/" + named("1_0", kInbox, ":2,S"));
    std::stop_source source;
    source.request_stop();
    migrate(false, source.get_token());
    EXPECT_THAT(in_cur(), ElementsAre(named("1_0", kInbox, ":2,S")));
}

TEST_F(Md5MigrationTest, UnreadableFolderIsAnErrorNotAnEmptyOne) {
    fs::remove(path() / "cur");
    EXPECT_EQ(error_code_of([&] { migrate(); }), base::ErrorCode::not_found);
}

}  // namespace
}  // namespace offlineimap::maildir
