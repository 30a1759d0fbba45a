#include "offlineimap/os/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace offlineimap::os {
namespace {

using base::Error;
using base::ErrorCode;
using base::Severity;
using support::TemporaryDirectory;
using testing::HasSubstr;
namespace fs = std::filesystem;

template <class Attempt>
Error error_of(Attempt attempt) {
    try {
        attempt();
    } catch (const Error& error) {
        return error;
    }
    throw std::logic_error("no Error was thrown");
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

mode_t permissions(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
}

// Modes are checked exactly, so the umask must be known.
class File : public testing::Test {
  protected:
    File() : old_umask_(::umask(022)) {}
    ~File() override { ::umask(old_umask_); }
    TemporaryDirectory directory_;

  private:
    mode_t old_umask_;
};

TEST_F(File, DescriptorIsClosedByItsOwnerOnly) {
    FileDescriptor first = open_directory(directory_.path(), Severity::folder);
    const int number = first.get();
    FileDescriptor second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the moved-from state is what is tested
    EXPECT_TRUE(is_open(number));
    second = FileDescriptor();
    EXPECT_FALSE(is_open(number));
}

TEST_F(File, DescriptorsAreCloseOnExec) {
    const auto created = create_at(AT_FDCWD, directory_ / "f", 0600, Severity::folder);
    ASSERT_TRUE(created);
    const auto opened = open_for_reading(directory_ / "f", Severity::folder);
    const auto directory = open_directory(directory_.path(), Severity::folder);
    for (const int descriptor : {created->get(), opened.get(), directory.get()})
        EXPECT_EQ(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(File, ErrnoBecomesCodeAndSentence) {
    const auto code = [](int value) {
        return error_of([&] { throw_errno(Severity::folder, "write", "/x/y", value); }).code();
    };
    EXPECT_EQ(code(ENOSPC), ErrorCode::disk_full);
    EXPECT_EQ(code(EDQUOT), ErrorCode::disk_full);
    EXPECT_EQ(code(EACCES), ErrorCode::permission);
    EXPECT_EQ(code(EPERM), ErrorCode::permission);
    EXPECT_EQ(code(EROFS), ErrorCode::permission);
    EXPECT_EQ(code(ENOENT), ErrorCode::not_found);
    EXPECT_EQ(code(EIO), ErrorCode::io);
    const Error error = error_of([] { throw_errno(Severity::repository, "write", "/x/y", ENOSPC); });
    EXPECT_STREQ(error.what(), "cannot write '/x/y': No space left on device");
    EXPECT_EQ(error.severity(), Severity::repository);
}

TEST_F(File, FullDiskIsReportedByWrite) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    const FileDescriptor owner(full);
    EXPECT_EQ(error_of([&] { write_all(full, "x", Severity::folder, "/dev/full"); }).code(),
              ErrorCode::disk_full);
}

TEST_F(File, CreateNeverTakesAnExistingName) {
    const auto directory = open_directory(directory_.path(), Severity::folder);
    EXPECT_TRUE(create_at(directory.get(), "m", 0640, Severity::folder));
    EXPECT_EQ(permissions(directory_ / "m"), 0640U);
    EXPECT_FALSE(create_at(directory.get(), "m", 0640, Severity::folder));
    fs::create_symlink(directory_ / "elsewhere", directory_ / "link");
    EXPECT_FALSE(create_at(directory.get(), "link", 0640, Severity::folder));
    EXPECT_FALSE(fs::exists(directory_ / "elsewhere"));
}

TEST_F(File, ReadFileTellsMissingFromUnreadableAndTooLarge) {
    std::ofstream(directory_ / "ten") << "0123456789";
    EXPECT_EQ(read_file(directory_ / "none", Severity::folder), std::nullopt);
    EXPECT_EQ(read_file(directory_ / "ten", Severity::folder, 10), "0123456789");
    EXPECT_THAT(error_of([&] { read_file(directory_ / "ten", Severity::folder, 9); }).what(),
                HasSubstr("too large"));
    EXPECT_THAT(error_of([&] { read_file(directory_.path(), Severity::folder); }).what(),
                HasSubstr("directory"));
}

TEST_F(File, ReadSomeReturnsZeroAtTheEnd) {
    std::ofstream(directory_ / "f") << "abc";
    const auto file = open_for_reading(directory_ / "f", Severity::folder);
    std::string buffer(2, ' ');
    EXPECT_EQ(read_some(file.get(), buffer, Severity::folder, "f"), 2U);
    EXPECT_EQ(read_some(file.get(), buffer, Severity::folder, "f"), 1U);
    EXPECT_EQ(read_some(file.get(), buffer, Severity::folder, "f"), 0U);
}

TEST_F(File, ReplaceFileSwapsWholeContentAndLeavesNoTemporary) {
    const fs::path path = directory_ / "state";
    std::ofstream(directory_ / "state.tmp") << "left by an interrupted run, and much longer than the new one";
    for (const Sync sync : {Sync::no, Sync::yes}) {
        replace_file(path, "first", sync, Severity::folder, 0600);
        EXPECT_EQ(content_of(path), "first");
        replace_file(path, "2nd", sync, Severity::folder, 0600);
        EXPECT_EQ(content_of(path), "2nd");
        EXPECT_FALSE(fs::exists(directory_ / "state.tmp"));
    }
}

TEST_F(File, ReplaceFileIsForSeveralAtATime) {
    const fs::path path = directory_ / "file";
    std::vector<std::jthread> writers;
    for (const char letter : {'a', 'b', 'c', 'd'}) {
        writers.emplace_back([&path, letter] {
            for (std::size_t i = 1; i <= 200; ++i)
                replace_file(path, std::string(i, letter), Sync::no, Severity::folder, 0600);
        });
    }
    writers.clear();
    const auto content = content_of(path);
    ASSERT_EQ(content.size(), 200U);
    EXPECT_EQ(content.find_first_not_of(content.front()), std::string::npos) << content;
    EXPECT_FALSE(fs::exists(directory_ / "file.tmp"));
}

TEST_F(File, ReplaceFileKeepsTheOldContentWhenItFails) {
    const fs::path path = directory_ / "state";
    replace_file(path, "old", Sync::no, Severity::folder, 0600);
    fs::create_symlink("state", directory_ / "state.tmp");
    EXPECT_THROW(replace_file(path, "new", Sync::no, Severity::folder, 0600), Error);
    EXPECT_EQ(content_of(path), "old");
}

TEST_F(File, ReplaceNamedFileFollowsLinksAndKeepsPermissions) {
    const fs::path target = directory_ / "dotfiles" / "boxes";
    fs::create_directory(directory_ / "dotfiles");
    fs::create_symlink("dotfiles/second", directory_ / "first");
    fs::create_symlink(target, directory_ / "dotfiles" / "second");
    replace_named_file(directory_ / "first", "new", Severity::message);
    EXPECT_EQ(permissions(target), 0644U);  // what the umask gives
    fs::permissions(target, fs::perms{0640});
    const fs::path reader = directory_ / "reader";
    fs::create_hard_link(target, reader);
    replace_named_file(directory_ / "first", "newer", Severity::message);
    EXPECT_EQ(content_of(target), "newer");
    EXPECT_EQ(content_of(reader), "new");  // replaced, not written over
    EXPECT_EQ(permissions(target), 0640U);
    EXPECT_TRUE(fs::is_symlink(directory_ / "first") && fs::is_symlink(directory_ / "dotfiles" / "second"));
    EXPECT_EQ(std::distance(fs::directory_iterator(directory_ / "dotfiles"), {}), 2);
}

TEST_F(File, ReplaceNamedFileWritesToWhatIsNoRegularFile) {
    replace_named_file("/dev/null", "gone", Severity::message);
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(File, ReplaceNamedFileReportsLinksThatGoInACircle) {
    fs::create_symlink("b", directory_ / "a");
    fs::create_symlink("a", directory_ / "b");
    EXPECT_THAT(error_of([&] { replace_named_file(directory_ / "a", "x", Severity::message); }).what(),
                HasSubstr("cannot follow"));
}

TEST_F(File, MakeDirectoriesGivesEveryNewLevelTheMode) {
    make_directory(directory_ / "a", 0755, Severity::folder);
    make_directories(directory_.path() / "a/./b/c/", 0700, Severity::folder);
    EXPECT_EQ(permissions(directory_.path() / "a"), 0755U);
    EXPECT_EQ(permissions(directory_.path() / "a/b"), 0700U);
    EXPECT_EQ(permissions(directory_.path() / "a/b/c"), 0700U);
    make_directories(directory_.path() / "a/b/c", 0700, Severity::folder);
}

TEST_F(File, MakeDirectoryRefusesAFileInItsPlace) {
    std::ofstream(directory_ / "file") << "x";
    EXPECT_THROW(make_directory(directory_ / "file", 0700, Severity::folder), Error);
    EXPECT_EQ(error_of([&] { make_directory(directory_.path() / "no/sub", 0700, Severity::folder); }).code(),
              ErrorCode::not_found);
}

TEST_F(File, RemoveFileIsContentWithAMissingOne) {
    std::ofstream(directory_ / "f") << "x";
    remove_file(directory_ / "f", Severity::folder);
    EXPECT_FALSE(fs::exists(directory_ / "f"));
    remove_file(directory_ / "f", Severity::folder);
    EXPECT_THROW(remove_file(directory_.path(), Severity::folder), Error);
}

TEST_F(File, SyncDirectoryReportsAMissingOne) {
    sync_directory(directory_.path(), Severity::folder);
    EXPECT_EQ(error_of([&] { sync_directory(directory_ / "none", Severity::folder); }).code(),
              ErrorCode::not_found);
}

}  // namespace
}  // namespace offlineimap::os
