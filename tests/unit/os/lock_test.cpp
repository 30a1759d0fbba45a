#include "offlineimap/os/lock.hpp"

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace offlineimap::os {
namespace {

namespace fs = std::filesystem;

bool flock_is_free(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDWR);
    return file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0;
}

bool record_lock_is_free(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDWR);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    return file >= 0 && ::fcntl(file, F_SETLK, &whole) == 0;
}

// The answer of a check made in another process, as a second program would make it.
template <class Check>
bool in_other_process(Check check) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(check() ? 0 : 1);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class Lock : public testing::Test {
  protected:
    support::TemporaryDirectory directory_;
    const fs::path path_ = directory_ / "Test.lock";
};

TEST_F(Lock, ExcludesBothKindsOfLockOfOtherPrograms) {
    const auto lock = AccountLock::try_acquire(path_);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(in_other_process([&] { return flock_is_free(path_); }));
    EXPECT_FALSE(in_other_process([&] { return record_lock_is_free(path_); }));
}

TEST_F(Lock, IsRefusedWhileAnotherProgramHoldsAFlock) {
    const FileDescriptor other(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
    EXPECT_FALSE(in_other_process([&] { return AccountLock::try_acquire(path_).has_value(); }));
    EXPECT_TRUE(fs::exists(path_)) << "the loser must not remove the winner's file";
}

TEST_F(Lock, IsRefusedWhileAnotherProgramHoldsARecordLock) {
    const FileDescriptor other(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    struct flock whole {};
    whole.l_type = F_WRLCK;
    ASSERT_EQ(::fcntl(other.get(), F_SETLK, &whole), 0);
    EXPECT_FALSE(in_other_process([&] { return AccountLock::try_acquire(path_).has_value(); }));
    EXPECT_TRUE(fs::exists(path_));
}

TEST_F(Lock, ExcludesASecondOneInThisProcessHoweverThePathIsWritten) {
    const auto lock = AccountLock::try_acquire(path_);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(AccountLock::try_acquire(path_));
    EXPECT_FALSE(AccountLock::try_acquire(directory_.path() / "." / "Test.lock"));
    fs::create_directory_symlink(directory_.path(), directory_ / "alias");
    EXPECT_FALSE(AccountLock::try_acquire(directory_.path() / "alias" / "Test.lock"));
}

TEST_F(Lock, FailedSecondAttemptDoesNotLoseTheLock) {
    const auto lock = AccountLock::try_acquire(path_);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(AccountLock::try_acquire(path_));
    EXPECT_FALSE(in_other_process([&] { return record_lock_is_free(path_); }));
    EXPECT_FALSE(in_other_process([&] { return flock_is_free(path_); }));
}

TEST_F(Lock, CanBeAskedForWithoutLeavingATrace) {
    EXPECT_FALSE(AccountLock::is_held(path_));
    EXPECT_FALSE(fs::exists(path_));
    {
        const auto lock = AccountLock::try_acquire(path_);
        EXPECT_TRUE(AccountLock::is_held(path_));
        EXPECT_TRUE(in_other_process([&] { return AccountLock::is_held(path_); }));
    }
    std::ofstream(path_) << "left over";
    EXPECT_FALSE(AccountLock::is_held(path_));
    EXPECT_TRUE(fs::exists(path_));
    EXPECT_TRUE(in_other_process([&] { return flock_is_free(path_) && record_lock_is_free(path_); }));
    const FileDescriptor other(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
    EXPECT_TRUE(AccountLock::is_held(path_));
}

TEST_F(Lock, ReleaseRemovesTheFileAndAllowsTheNext) {
    { const auto lock = AccountLock::try_acquire(path_); }
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_TRUE(AccountLock::try_acquire(path_));
}

TEST_F(Lock, MovesWithItsOwner) {
    auto first = AccountLock::try_acquire(path_);
    ASSERT_TRUE(first);
    {
        const AccountLock second = std::move(*first);
        first.reset();
        EXPECT_TRUE(fs::exists(path_));
        EXPECT_FALSE(AccountLock::try_acquire(path_));
    }
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(Lock, ReleaseLeavesAFileThatIsNotOursAnyMore) {
    auto lock = AccountLock::try_acquire(path_);
    ASSERT_TRUE(lock);
    fs::remove(path_);
    std::ofstream(path_) << "another run's";
    lock.reset();
    EXPECT_TRUE(fs::exists(path_));
}

TEST_F(Lock, NeverFollowsASymbolicLink) {
    std::ofstream(directory_ / "victim") << "x";
    fs::create_symlink("victim", path_);
    EXPECT_THROW(AccountLock::try_acquire(path_), base::Error);
    EXPECT_TRUE(fs::exists(directory_ / "victim"));
}

TEST_F(Lock, MissingDirectoryIsAnErrorAndLeavesNothingHeld) {
    const fs::path path = directory_.path() / "none" / "Test.lock";
    EXPECT_THROW(AccountLock::try_acquire(path), base::Error);
    fs::create_directory(directory_ / "none");
    EXPECT_TRUE(AccountLock::try_acquire(path));
}

TEST_F(Lock, ManyThreadsNeverHoldItTogether) {
    std::atomic<int> holders = 0;
    std::atomic<int> acquired = 0;
    std::atomic<bool> together = false;
    const auto contend = [&] {
        for (int i = 0; i < 200; ++i) {
            const auto lock = AccountLock::try_acquire(path_);
            if (!lock) continue;
            if (++holders > 1) together = true;
            ++acquired;
            --holders;
        }
    };
    {
        const std::jthread a(contend);
        const std::jthread b(contend);
        const std::jthread c(contend);
    }
    EXPECT_FALSE(together);
    EXPECT_GT(acquired, 0);
}

}  // namespace
}  // namespace offlineimap::os
