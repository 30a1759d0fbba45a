#include "offlineimap/os/lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace offlineimap::os {

using base::Severity;
namespace fs = std::filesystem;

namespace {

// The original may exclude others by a record lock or by flock, depending on what is installed: we take
// both. On Linux the record lock is one of the open file description: it conflicts with ordinary ones of
// other processes, but is not lost when some other descriptor of the same file is closed in this process, and
// has the same owner as the flock, which NFS turns into a record lock that would otherwise conflict with
// ours.
#if defined(F_OFD_SETLK)
constexpr int kSetRecordLock = F_OFD_SETLK;
#else
constexpr int kSetRecordLock = F_SETLK;
#endif

enum class Attempt { locked, held_by_other, file_replaced };

// Paths that this process holds. Needed where a record lock belongs to the process: there, opening and
// closing the file in a second attempt would silently drop the first one's lock.
class HeldPaths {
  public:
    bool insert(const fs::path& path) {
        const std::lock_guard lock(held_mutex_);
        return held_.insert(path).second;
    }
    void erase(const fs::path& path) noexcept {
        const std::lock_guard lock(held_mutex_);
        held_.erase(path);
    }
    bool contains(const fs::path& path) {
        const std::lock_guard lock(held_mutex_);
        return held_.contains(path);
    }

  private:
    std::mutex held_mutex_;  // guards held_
    std::set<fs::path> held_;
};

HeldPaths& held_paths() {
    static HeldPaths paths;
    return paths;
}

FileDescriptor open_lock_file(const fs::path& path) {
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    FileDescriptor file(::open(path.c_str(), flags, 0600));
    if (!file) throw_errno(Severity::repository, "open lock file", path, errno);
    return file;
}

// True when locked, false when another holds it.
bool outcome_of_locking(int result, const fs::path& path) {
    if (result == 0) return true;
    if (errno == EWOULDBLOCK || errno == EAGAIN || errno == EACCES) return false;
    throw_errno(Severity::repository, "lock", path, errno);
}

bool lock_both_ways(int descriptor, const fs::path& path) {
    if (!outcome_of_locking(::flock(descriptor, LOCK_EX | LOCK_NB), path)) return false;
    struct flock whole_file {};
    whole_file.l_type = F_WRLCK;
    whole_file.l_whence = SEEK_SET;
    return outcome_of_locking(::fcntl(descriptor, kSetRecordLock, &whole_file), path);
}

// The original unlinks the file when it is done, and even when it lost: then we would hold a lock that
// nobody else can see.
bool still_names(const fs::path& path, int descriptor) noexcept {
    struct stat opened {};
    struct stat named {};
    return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

Attempt attempt(const fs::path& path, FileDescriptor& file) {
    file = open_lock_file(path);
    if (!lock_both_ways(file.get(), path)) return Attempt::held_by_other;
    return still_names(path, file.get()) ? Attempt::locked : Attempt::file_replaced;
}

// nullopt also if the file is replaced again and again: somebody else is at work then.
std::optional<FileDescriptor> lock_file(const fs::path& path) {
    constexpr int kAttempts = 100;
    for (int i = 0; i < kAttempts; ++i) {
        FileDescriptor file;
        switch (attempt(path, file)) {
            case Attempt::locked:
                return file;
            case Attempt::held_by_other:
                return std::nullopt;
            case Attempt::file_replaced:
                break;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<AccountLock> AccountLock::try_acquire(const fs::path& path) {
    fs::path absolute = fs::absolute(path).lexically_normal();
    if (!held_paths().insert(absolute)) return std::nullopt;
    // From here on the path is released by the lock's destructor, whether or not it gets a file.
    AccountLock lock(std::move(absolute), FileDescriptor());
    auto file = lock_file(lock.path_);
    if (!file) return std::nullopt;
    lock.file_ = std::move(*file);
    return lock;
}

bool AccountLock::is_held(const fs::path& path) {
    if (held_paths().contains(fs::absolute(path).lexically_normal())) return true;
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno == ENOENT) return false;
    if (!file) throw_errno(Severity::repository, "open lock file", path, errno);
    return !lock_both_ways(file.get(), path);
}

AccountLock::AccountLock(fs::path path, FileDescriptor file) noexcept
    : path_(std::move(path)), file_(std::move(file)) {}

AccountLock::AccountLock(AccountLock&& other) noexcept
    : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}

AccountLock& AccountLock::operator=(AccountLock&& other) noexcept {
    if (this != &other) {
        release();
        path_ = std::exchange(other.path_, {});
        file_ = std::move(other.file_);
    }
    return *this;
}

AccountLock::~AccountLock() {
    release();
}

void AccountLock::release() noexcept {
    if (path_.empty()) return;
    if (file_ && still_names(path_, file_.get())) ::unlink(path_.c_str());
    file_.reset();
    held_paths().erase(path_);
    path_.clear();
}

}  // namespace offlineimap::os
