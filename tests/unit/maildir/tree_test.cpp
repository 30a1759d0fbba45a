#include "offlineimap/maildir/tree.hpp"

#include <sys/stat.h>
#include <sys/time.h>

#include <gmock/gmock.h>

#include "maildir_fixture.hpp"

namespace offlineimap::maildir {
namespace {

using base::ErrorCode;
using base::FolderName;
using base::Severity;
using testing::ElementsAre;
using testing::IsEmpty;

class TreeTest : public testing::Test {
  protected:
    const fs::path& root() const { return directory_.path(); }
    void make_maildir(const std::string& name) const {
        for (const auto* part : {"cur", "new", "tmp"}) fs::create_directories(root() / name / part);
    }
    std::vector<std::string> folders(char separator) const {
        std::vector<std::string> names;
        for (const auto& name : Tree(root(), separator).folders()) names.push_back(name.text());
        return names;
    }

  private:
    support::TemporaryDirectory directory_;
};

unsigned mode_of(const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
}

TEST_F(TreeTest, FindsFoldersOneLevelBelowTheRoot) {
    make_maildir("INBOX");
    make_maildir(".Sent Items");
    make_maildir("Archive.2024");
    make_maildir("plain/nested");
    fs::create_directories(root() / "half" / "cur");
    write_file(root() / "file");
    EXPECT_THAT(folders('.'), ElementsAre(".Sent Items", "Archive.2024", "INBOX"));
}

TEST_F(TreeTest, FindsNestedFolders) {
    make_maildir("INBOX");
    make_maildir("INBOX/Work");
    make_maildir("Archive/2024/May");
    make_maildir("INBOX/cur/hidden");
    make_maildir("INBOX/.Sub");
    EXPECT_THAT(folders('/'), ElementsAre("Archive/2024/May", "INBOX", "INBOX/.Sub", "INBOX/Work"));
}

TEST_F(TreeTest, TakesTheRootItselfForAFolder) {
    make_maildir("");
    make_maildir("Sent");
    EXPECT_THAT(folders('.'), ElementsAre("", "Sent"));
    EXPECT_THAT(folders('/'), ElementsAre("", "Sent"));
}

TEST_F(TreeTest, NeedsDirectoriesInAllThreePlaces) {
    make_maildir("a");
    fs::remove(root() / "a" / "tmp");
    write_file(root() / "a" / "tmp");
    EXPECT_THAT(folders('.'), IsEmpty());
}

TEST_F(TreeTest, FollowsLinksAndEndsLoops) {
    make_maildir("real");
    fs::create_directory_symlink("real", root() / "link");
    fs::create_directory_symlink("..", root() / "real" / "up");
    fs::create_directory_symlink("self", root() / "self");
    fs::create_symlink("nowhere", root() / "dangling");
    EXPECT_THAT(folders('.'), ElementsAre("link", "real"));
    EXPECT_THAT(folders('/'), ElementsAre("link", "real"));
}

TEST_F(TreeTest, NeverTakesAMissingRootForAnEmptyOne) {
    const Tree missing(root() / "missing", '.');
    EXPECT_EQ(error_code_of([&] { missing.folders(); }, Severity::repository), ErrorCode::not_found);
    EXPECT_EQ(error_code_of([&] { missing.make_folder(FolderName("a")); }, Severity::repository),
              ErrorCode::not_found);
    EXPECT_FALSE(fs::exists(root() / "missing"));
    write_file(root() / "file");
    EXPECT_EQ(error_code_of([&] { Tree(root() / "file", '.').folders(); }, Severity::repository),
              ErrorCode::not_found);
}

TEST_F(TreeTest, MakesARootWithItsParents) {
    const Tree tree(root() / "a" / "b", '.');
    tree.make_root();
    EXPECT_EQ(mode_of(root() / "a"), 0700U);
    EXPECT_EQ(mode_of(root() / "a" / "b"), 0700U);
    EXPECT_THAT(tree.folders(), IsEmpty());
    tree.make_root();
}

TEST_F(TreeTest, MakesPrivateFolders) {
    const Tree tree(root().string() + "/", '/');
    tree.make_folder(FolderName("Archive/2024"));
    for (const auto* part : {"", "2024", "2024/cur", "2024/new", "2024/tmp"}) {
        EXPECT_EQ(mode_of(root() / "Archive" / part), 0700U) << part;
    }
    EXPECT_FALSE(fs::exists(root() / "Archive" / "cur"));
    EXPECT_THAT(folders('/'), ElementsAre("Archive/2024"));
    tree.make_folder(FolderName("Archive"));
    tree.make_folder(FolderName("Archive"));
    tree.make_folder(FolderName(""));
    EXPECT_THAT(folders('/'), ElementsAre("", "Archive", "Archive/2024"));
}

TEST_F(TreeTest, LeavesExistingDirectoriesAsTheyAre) {
    fs::create_directories(root() / "a" / "cur");
    fs::permissions(root() / "a" / "cur", static_cast<fs::perms>(0750));
    Tree(root(), '.').make_folder(FolderName("a"));
    EXPECT_EQ(mode_of(root() / "a" / "cur"), 0750U);
    EXPECT_THAT(folders('.'), ElementsAre("a"));
}

TEST_F(TreeTest, ReportsAFileInPlaceOfAFolder) {
    write_file(root() / "a");
    EXPECT_EQ(error_code_of([&] { Tree(root(), '.').make_folder(FolderName("a")); }), ErrorCode::io);
}

TEST_F(TreeTest, KnowsThePathOfAFolder) {
    EXPECT_EQ(Tree("/mail/", '/').path_of(FolderName("a/b")), "/mail/a/b");
    EXPECT_EQ(Tree("/mail", '.').path_of(FolderName("a.b")), "/mail/a.b");
    EXPECT_EQ(Tree("/mail", '.').path_of(FolderName("")), "/mail");
    EXPECT_EQ(Tree("/", '.').path_of(FolderName("a")), "/a");
}

TEST_F(TreeTest, RefusesUnsafeNamesBeforeTouchingAnything) {
    const std::string long_name(256, 'x');
    const std::vector<std::string> never = {"..",     ".",   "../x", "a/../b", "a/../../x",
                                            "/etc",   "/",   "//",   "a//b",   "a/",
                                            "./a",    "a/.", "cur",  "tmp",    std::string("a\0b", 3),
                                            long_name};
    for (const char separator : {'/', '.', '\\'}) {
        const Tree tree(root(), separator);
        for (const auto& name : never) {
            SCOPED_TRACE(testing::PrintToString(name) + " with " + separator);
            EXPECT_EQ(error_code_of([&] { tree.require_safe(FolderName(name)); }), ErrorCode::unsafe_name);
            EXPECT_EQ(error_code_of([&] { tree.make_folder(FolderName(name)); }), ErrorCode::unsafe_name);
        }
    }
    for (const auto* name : {"a/cur", "new/a", "a/tmp/b"}) {
        EXPECT_EQ(error_code_of([&] { Tree(root(), '/').require_safe(FolderName(name)); }),
                  ErrorCode::unsafe_name);
    }
    EXPECT_EQ(error_code_of([&] { Tree(root(), '.').require_safe(FolderName("a/b")); }),
              ErrorCode::unsafe_name);
    EXPECT_THAT(names_in(root()), IsEmpty());
}

TEST_F(TreeTest, AcceptsOddButHarmlessNames) {
    for (const std::string name : {"", "INBOX", ".Sent", "..x", "...", "a b", "G&AOQ-ste", "current",
                                   "`touch x`", "q;w\"x", "a%b*c"}) {
        EXPECT_NO_THROW(Tree(root(), '.').require_safe(FolderName(name))) << name;
        EXPECT_NO_THROW(Tree(root(), '/').require_safe(FolderName(name))) << name;
    }
    EXPECT_NO_THROW(Tree(root(), '/').require_safe(FolderName("a/.b/c")));
    EXPECT_NO_THROW(Tree(root(), '.').require_safe(FolderName("new.mail")));
}

TEST_F(TreeTest, NamesTheFolderInItsComplaintWithoutControlCharacters) {
    try {
        Tree(root(), '/').require_safe(FolderName("a\x1b[2J/.."));
        ADD_FAILURE() << "no Error";
    } catch (const base::Error& error) {
        EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
        EXPECT_THAT(error.what(), testing::HasSubstr("a\\x1b[2J/.."));
    }
}

TEST_F(TreeTest, HashesNamesAsTheOriginalDoes) {
    EXPECT_EQ(folder_md5(FolderName("INBOX")), "7e33429f656f1e6e9d79b29c3f82c57e");
    EXPECT_EQ(folder_md5(FolderName("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(folder_md5(FolderName("Archive.2024")), "1a93ab4c536c71150dc4b4835ca6c7b0");
}

struct stat status_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status;
}

TEST_F(TreeTest, AccessTimesArePutBackAndModificationTimesLeft) {
    make_maildir("a");
    make_maildir("gone");
    const timeval before[] = {{1500000000, 123456}, {1500000001, 0}};
    const timeval after[] = {{1600000000, 0}, {1600000001, 654321}};
    AccessTimes times;
    for (const auto* name : {"cur", "new"}) ASSERT_EQ(::utimes((root() / "a" / name).c_str(), before), 0);
    times.note(root() / "a");
    times.note(root() / "gone");
    times.note(root() / "never there");
    for (const auto* name : {"cur", "new"}) ASSERT_EQ(::utimes((root() / "a" / name).c_str(), after), 0);
    fs::remove_all(root() / "gone");
    times.restore();
    for (const auto* name : {"cur", "new"}) {
        const auto status = status_of(root() / "a" / name);
        EXPECT_EQ(status.st_atim.tv_sec, 1500000000);
        EXPECT_EQ(status.st_atim.tv_nsec, 123456000);
        EXPECT_EQ(status.st_mtim.tv_sec, 1600000001);
        EXPECT_EQ(status.st_mtim.tv_nsec, 654321000);
    }
    EXPECT_FALSE(fs::exists(root() / "gone"));
}

}  // namespace
}  // namespace offlineimap::maildir
