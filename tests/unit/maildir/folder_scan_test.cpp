#include <chrono>
#include <set>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <gmock/gmock.h>

#include "offlineimap/base/error.hpp"

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;

class FolderScan : public MaildirTest {};

void set_age(const fs::path& path, std::chrono::hours age, std::chrono::hours access_age) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    const timeval times[] = {{(now - access_age).count(), 0}, {(now - age).count(), 0}};
    ASSERT_EQ(::utimes(path.c_str(), times), 0);
}

TEST_F(FolderScan, ReadsUidsAndFlagsOfBothDirectories) {
    put("new/" + base_name(3) + ":2,");
    put("cur/" + base_name(1) + ":2,SFz");
    put("cur/" + base_name(2) + "!2,RS");
    put("cur/" + base_name(9));
    Folder folder(settings());
    EXPECT_EQ(text_of(folder.scan({})), "1:FSz 2:RS 3: 9:");
    EXPECT_THAT(folder.duplicate_names(), IsEmpty());
    EXPECT_EQ(folder.name_of(uid_key(3)), base_name(3) + ":2,");
    EXPECT_EQ(folder.name_of(uid_key(4)), std::nullopt);
}

TEST_F(FolderScan, FindsAnEmptyFolderEmpty) {
    EXPECT_TRUE(Folder(settings()).scan({}).empty());
}

TEST_F(FolderScan, NumbersForeignMessagesNewBeforeCur) {
    put("cur/1.a:2,S");
    put("new/2.b");
    put("cur/" + base_name(7) + ":2,");
    Folder folder(settings());
    EXPECT_EQ(text_of(folder.scan({})), "-2:S -1: 7:");
    EXPECT_EQ(folder.name_of(mail::MessageKey::unassigned(1)), "2.b");
    EXPECT_EQ(folder.name_of(mail::MessageKey::unassigned(2)), "1.a:2,S");
}

TEST_F(FolderScan, TakesAMessageOfAnotherFolderForNew) {
    put(std::string("cur/1700000000_0.1.host,U=5,FMD5=") + kOther + ":2,F");
    EXPECT_EQ(text_of(Folder(settings()).scan({})), "-1:F");
}

TEST_F(FolderScan, TakesGarbledUidsForNew) {
    put(std::string("cur/1,U=0,FMD5=") + kInbox + ":2,");
    put(std::string("cur/2,U=99999999999,FMD5=") + kInbox + ":2,");
    put(std::string("cur/3,FMD5=") + kInbox + ":2,");
    EXPECT_EQ(text_of(Folder(settings()).scan({})), "-3: -2: -1:");
}

TEST_F(FolderScan, IgnoresWhatIsNoMessage) {
    put("cur/.hidden");
    put("new/.nfs0001");
    fs::create_symlink("nowhere", path() / "new" / "2.b");
    fs::create_symlink("2.c", path() / "new" / "2.c");
    fs::create_directory_symlink("../tmp", path() / "new" / "2.d");
    fs::create_symlink("4.d", path() / "new" / "2.e");
    fs::create_symlink("/dev/null", path() / "new" / "2.f");
    fs::create_directory(path() / "cur" / (base_name(3) + ":2,"));
    ASSERT_EQ(::mkfifo((path() / "new" / "4.d").c_str(), 0600), 0);
    put("cur/" + base_name(5) + ":2,S");
    EXPECT_EQ(text_of(Folder(settings()).scan({})), "5:S");
}

TEST_F(FolderScan, TakesALinkToAFileForTheMessageItLeadsTo) {
    write_file(path() / "target", "1234567\n");
    fs::create_symlink("../target", path() / "cur" / (base_name(1) + ":2,F"));
    fs::create_symlink(path() / "target", path() / "new" / "2.b");
    Folder folder(settings());
    EXPECT_EQ(text_of(folder.scan({})), "-1: 1:F");
    EXPECT_EQ(folder.file_size(uid_key(1)), 8U);
}

TEST_F(FolderScan, KeepsTheOneInCurOfTwoFilesWithOneUid) {
    put("new/" + base_name(5, "1.a") + ":2,");
    put("cur/" + base_name(5, "2.b") + ":2,S");
    Folder folder(settings());
    EXPECT_EQ(text_of(folder.scan({})), "5:S");
    EXPECT_EQ(folder.name_of(uid_key(5)), base_name(5, "2.b") + ":2,S");
    EXPECT_THAT(folder.duplicate_names(), ElementsAre(base_name(5, "1.a") + ":2,"));
    EXPECT_THAT(in_new(), ElementsAre(base_name(5, "1.a") + ":2,"));
}

TEST_F(FolderScan, ReportsEveryFurtherFileWithOneUid) {
    for (const auto* unique : {"1.a", "2.b", "3.c"}) put("cur/" + base_name(5, unique) + ":2,");
    Folder folder(settings());
    EXPECT_EQ(text_of(folder.scan({})), "5:");
    EXPECT_EQ(folder.duplicate_names().size(), 2U);
    fs::remove(path() / "cur" / folder.duplicate_names().front());
    fs::remove(path() / "cur" / folder.duplicate_names().back());
    EXPECT_EQ(text_of(folder.scan({})), "5:");
    EXPECT_THAT(folder.duplicate_names(), IsEmpty());
}

TEST_F(FolderScan, TakesTwoNamesWithOneUniquePartForOneNewMessage) {
    put("new/1.a");
    put("cur/1.a:2,S");
    put("cur/2.b:2,");
    Folder folder(settings());
    EXPECT_EQ(folder.scan({}).size(), 2U);
    EXPECT_TRUE(folder.find_by_name("1.a:2,S"));
    EXPECT_THAT(folder.duplicate_names(), ElementsAre("1.a"));
}

TEST_F(FolderScan, ReadsThousandsOfFiles) {
    std::set<std::uint32_t> expected;
    for (std::uint32_t uid = 1; uid <= 3000; ++uid) {
        put((uid % 3 == 0 ? "new/" : "cur/") + base_name(uid * 7) + ":2,S", "");
        expected.insert(uid * 7);
    }
    Folder folder(settings());
    std::set<std::uint32_t> found;
    for (const auto& entry : folder.scan({})) found.insert(entry.key.uid().value());
    EXPECT_EQ(found, expected);
    for (const auto uid : expected) EXPECT_EQ(folder.name_of(uid_key(uid)), base_name(uid) + ":2,S");
}

TEST_F(FolderScan, SeesTheFolderAsItIsNow) {
    put("cur/" + base_name(1) + ":2,");
    Folder folder(settings());
    EXPECT_EQ(text_of(folder.scan({})), "1:");
    rename("cur/" + base_name(1) + ":2,", "cur/" + base_name(1) + ":2,S");
    put("new/" + base_name(2) + ":2,");
    EXPECT_EQ(text_of(folder.scan({})), "1:S 2:");
    // Another directory at the same place: what was open before is no longer the folder.
    rename("cur", "old");
    fs::create_directory(path() / "cur");
    EXPECT_EQ(text_of(folder.scan({})), "2:");
}

TEST_F(FolderScan, NeverTakesAMissingDirectoryForAnEmptyOne) {
    for (const auto* name : {"cur", "new", "tmp"}) {
        SCOPED_TRACE(name);
        Folder folder(settings());
        rename(name, "away");
        EXPECT_EQ(error_code_of([&] { folder.scan({}); }), ErrorCode::not_found);
        EXPECT_EQ(error_code_of([&] { Folder again(settings()); }), ErrorCode::not_found);
        put(name);  // a file in its place
        EXPECT_EQ(error_code_of([&] { folder.scan({}); }), ErrorCode::io);
        EXPECT_EQ(error_code_of([&] { Folder again(settings()); }), ErrorCode::io);
        fs::remove(path() / name);
        rename("away", name);
    }
}

TEST_F(FolderScan, FollowsALinkInPlaceOfADirectory) {
    rename("cur", "elsewhere");
    fs::create_directory_symlink("elsewhere", path() / "cur");
    put("cur/" + base_name(1) + ":2,");
    EXPECT_EQ(text_of(Folder(settings()).scan({})), "1:");
}

TEST_F(FolderScan, StopsWhenAsked) {
    put("cur/" + base_name(1) + ":2,");
    Folder folder(settings());
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(folder.scan(source.get_token()), base::Cancelled);
}

TEST_F(FolderScan, SweepsOldFilesFromTmpAndNothingElse) {
    using std::chrono::hours;
    for (const auto* name : {"old", "read", "written", ".keep"}) put(std::string("tmp/") + name);
    fs::create_directory(path() / "tmp" / "directory");
    fs::create_symlink("old", path() / "tmp" / "link");
    set_age(path() / "tmp" / "old", hours(37), hours(37));
    set_age(path() / "tmp" / "read", hours(37), hours(-2));
    set_age(path() / "tmp" / "written", hours(-2), hours(37));
    set_age(path() / "tmp" / ".keep", hours(37), hours(37));
    set_age(path() / "tmp" / "directory", hours(37), hours(37));
    put("cur/" + base_name(1) + ":2,");
    set_age(path() / "cur" / (base_name(1) + ":2,"), hours(1000), hours(1000));

    // Nobody can make a file whose inode changed long ago: all is old that is not from the future.
    auto impatient = settings();
    impatient.tmp_lifetime = -hours(1);
    impatient.sweep_tmp = false;
    Folder(impatient).scan({});
    EXPECT_EQ(in_tmp().size(), 6U);

    impatient.sweep_tmp = true;
    Folder(impatient).scan({});
    EXPECT_THAT(in_tmp(), ElementsAre(".keep", "directory", "link", "written"));
    EXPECT_EQ(in_cur().size(), 1U);
}

TEST_F(FolderScan, KeepsAFileInTmpThatIsNewButHasTheTimeOfItsMessage) {
    put("tmp/delivery");
    set_age(path() / "tmp" / "delivery", std::chrono::hours(1000), std::chrono::hours(1000));
    Folder(settings()).scan({});
    EXPECT_THAT(in_tmp(), ElementsAre("delivery"));
}

TEST_F(FolderScan, TellsTheTimeInAName) {
    put("cur/" + base_name(1, "1704103201_0.27865.host") + ":2,");
    put("cur/" + base_name(2, "-5_0.27865.host") + ":2,");
    put("cur/" + base_name(3, "draft") + ":2,");
    Folder folder(settings());
    folder.scan({});
    EXPECT_EQ(folder.name_time(uid_key(1)), 1704103201);
    EXPECT_EQ(folder.name_time(uid_key(2)), -5);
    EXPECT_EQ(folder.name_time(uid_key(3)), std::nullopt);
    EXPECT_EQ(folder.name_time(uid_key(4)), std::nullopt);
}

TEST_F(FolderScan, FindsMessagesByNameWhateverTheirFlags) {
    put("cur/1.a:2,S");
    put("cur/1.ab:2,S");
    put("new/" + base_name(5) + ":2,");
    Folder folder(settings());
    folder.scan({});
    const auto found = folder.find_by_name("1.a:2,FRS");
    ASSERT_TRUE(found);
    EXPECT_EQ(folder.name_of(*found), "1.a:2,S");
    EXPECT_EQ(folder.find_by_name("1.a"), found);
    EXPECT_EQ(folder.find_by_name(base_name(5) + ":2,S"), uid_key(5));
    EXPECT_EQ(folder.find_by_name("1"), std::nullopt);
    EXPECT_EQ(folder.find_by_name(""), std::nullopt);
    ASSERT_TRUE(folder.remove(*found));
    EXPECT_EQ(folder.find_by_name("1.a:2,S"), std::nullopt);
    EXPECT_EQ(folder.find_by_name(""), std::nullopt);
}

}  // namespace
}  // namespace offlineimap::maildir
