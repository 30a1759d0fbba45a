#include "offlineimap/os/file.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "offlineimap/base/secret.hpp"

namespace offlineimap::os {

using base::Error;
using base::ErrorCode;
using base::Severity;
namespace fs = std::filesystem;

namespace {

constexpr mode_t kAsTheUmaskGives = 0666;
constexpr mode_t kPermissions = 07777;
constexpr mode_t kOwnerOnly = 0600;
constexpr int kMostLinks = 40;  // what Linux follows

template <class Call>
auto retry_interrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

FileDescriptor open_or_throw(const fs::path& path, int flags, std::string_view attempt, Severity severity) {
    FileDescriptor file(retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC); }));
    if (!file) throw_errno(severity, attempt, path, errno);
    return file;
}

fs::path directory_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Where the links end that the last part of `path` may be; that place may be empty. Links among its
// directories are the system's to follow.
fs::path end_of_links(fs::path path, Severity severity) {
    std::error_code failure;
    for (int followed = 0; fs::is_symlink(fs::symlink_status(path, failure)); ++followed) {
        if (followed == kMostLinks) throw_errno(severity, "follow", path, ELOOP);
        const fs::path target = fs::read_symlink(path, failure);
        if (failure) throw_errno(severity, "follow", path, failure.value());
        path = path.parent_path() / target;
    }
    return path;
}

bool is_the_file_at(const fs::path& path, const FileDescriptor& file) {
    struct stat there {};
    struct stat here {};
    return ::lstat(path.c_str(), &there) == 0 && ::fstat(file.get(), &here) == 0 &&
           there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

// False if another holds it for longer than a replacement takes: a process that was stopped, say. Where there
// are no locks, it is as if nobody else did.
bool lock_soon(const FileDescriptor& file) {
    using namespace std::chrono_literals;
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (::flock(file.get(), LOCK_EX | LOCK_NB) < 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
        if (std::chrono::steady_clock::now() >= limit) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

// Opens the file that is to take the place of another. Whoever else replaces the same one, in this process or
// another, waits until the descriptor is closed.
FileDescriptor open_replacement(const fs::path& path, Severity severity, mode_t mode) {
    // A left-over of an interrupted replacement is overwritten; a symbolic link there is not ours.
    const int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    for (;;) {
        FileDescriptor file(retry_interrupted([&] { return ::open(path.c_str(), flags, mode); }));
        if (!file) throw_errno(severity, "create", path, errno);
        if (!lock_soon(file)) throw_errno(severity, "lock", path, EWOULDBLOCK);
        // Otherwise the one who had it before has given it the other name meanwhile.
        if (!is_the_file_at(path, file)) continue;
        if (::ftruncate(file.get(), 0) < 0) throw_errno(severity, "empty", path, errno);
        return file;
    }
}

// The group as well; where that cannot be, the group gets nothing.
void give_permissions_of(const struct stat& former, const FileDescriptor& file, const fs::path& path,
                         Severity severity) {
    const bool has_group = ::fchown(file.get(), static_cast<uid_t>(-1), former.st_gid) == 0;
    const mode_t mode = former.st_mode & kPermissions & ~(has_group ? 0U : mode_t{S_IRWXG});
    if (::fchmod(file.get(), mode) < 0) throw_errno(severity, "set permissions of", path, errno);
}

// Fills and, if asked, syncs the file that is to take the place of another.
FileDescriptor write_replacement(const fs::path& path, std::string_view content, Sync sync, Severity severity,
                                 mode_t mode) {
    FileDescriptor file = open_replacement(path, severity, mode);
    write_all(file.get(), content, severity, path);
    if (sync == Sync::yes) sync_file(file.get(), severity, path);
    return file;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        reset();
        descriptor_ = other.release();
    }
    return *this;
}

int FileDescriptor::release() noexcept {
    return std::exchange(descriptor_, -1);
}

void FileDescriptor::reset() noexcept {
    // After EINTR the descriptor is closed on Linux and unspecified elsewhere: closing it again could hit
    // another thread's new descriptor, so it is never retried.
    if (descriptor_ >= 0) ::close(release());
}

ErrorCode error_code_of(int errno_value) noexcept {
    switch (errno_value) {
        case ENOSPC:
        case EDQUOT:
            return ErrorCode::disk_full;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::permission;
        case ENOENT:
            return ErrorCode::not_found;
        default:
            return ErrorCode::io;
    }
}

void throw_errno(Severity severity, std::string_view attempt, const fs::path& path, int errno_value) {
    throw Error(severity, error_code_of(errno_value),
                "cannot " + std::string(attempt) + " '" + path.string() +
                    "': " + std::generic_category().message(errno_value));
}

FileDescriptor open_for_reading(const fs::path& path, Severity severity) {
    return open_or_throw(path, O_RDONLY, "open", severity);
}

FileDescriptor open_directory(const fs::path& path, Severity severity) {
    return open_or_throw(path, O_RDONLY | O_DIRECTORY, "open directory", severity);
}

std::optional<FileDescriptor> create_at(int directory, const std::string& name, mode_t mode,
                                        Severity severity) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    FileDescriptor file(retry_interrupted([&] { return ::openat(directory, name.c_str(), flags, mode); }));
    if (file) return file;
    if (errno == EEXIST) return std::nullopt;
    throw_errno(severity, "create", name, errno);
}

void write_all(int descriptor, std::string_view bytes, Severity severity, const fs::path& path_for_errors) {
    while (!bytes.empty()) {
        const ssize_t written =
            retry_interrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
        if (written < 0) throw_errno(severity, "write", path_for_errors, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::size_t read_some(int descriptor, std::span<char> buffer, Severity severity,
                      const fs::path& path_for_errors) {
    const ssize_t count = retry_interrupted([&] { return ::read(descriptor, buffer.data(), buffer.size()); });
    if (count < 0) throw_errno(severity, "read", path_for_errors, errno);
    return static_cast<std::size_t>(count);
}

std::optional<std::string> read_file(const fs::path& path, Severity severity, std::size_t limit) {
    const FileDescriptor file(retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) throw_errno(severity, "open", path, errno);
    std::string content;
    std::string block(64U << 10U, '\0');
    while (const std::size_t count = read_some(file.get(), block, severity, path)) {
        if (count > limit - content.size()) throw_errno(severity, "read", path, EFBIG);
        content.append(block, 0, count);
        base::wipe(block.data(), count);  // perhaps a password
    }
    return content;
}

void sync_file(int descriptor, Severity severity, const fs::path& path_for_errors) {
#if defined(__APPLE__)
    // fsync() there only hands the data to the drive. File systems without F_FULLFSYNC get fsync().
    if (::fcntl(descriptor, F_FULLFSYNC) == 0) return;
#endif
    // EIO is not retried: the kernel reports a lost write once and would answer "fine" the second time.
    if (retry_interrupted([&] { return ::fsync(descriptor); }) < 0)
        throw_errno(severity, "sync", path_for_errors, errno);
}

void replace_file(const fs::path& path, std::string_view content, Sync sync, Severity severity, mode_t mode) {
    replace_file_through(path.string() + ".tmp", path, content, sync, severity, mode);
}

void replace_file_through(const fs::path& temporary, const fs::path& path, std::string_view content,
                          Sync sync, Severity severity, mode_t mode) {
    const auto file = write_replacement(temporary, content, sync, severity, mode);
    if (::rename(temporary.c_str(), path.c_str()) < 0) throw_errno(severity, "replace", path, errno);
    if (sync == Sync::yes) sync_directory(directory_of(path), severity);
}

void replace_named_file(const fs::path& path, std::string_view content, Severity severity) {
    const fs::path target = end_of_links(path, severity);
    struct stat found {};
    const bool exists = ::stat(target.c_str(), &found) == 0;
    if (exists && !S_ISREG(found.st_mode)) {
        const FileDescriptor file = open_or_throw(target, O_WRONLY, "open", severity);
        return write_all(file.get(), content, severity, target);
    }
    const fs::path temporary = target.string() + ".tmp";
    const auto file = open_replacement(temporary, severity, kAsTheUmaskGives);
    // Never more open than what it replaces: for its owner only until it is complete.
    if (exists && ::fchmod(file.get(), kOwnerOnly) < 0)
        throw_errno(severity, "set permissions of", temporary, errno);
    write_all(file.get(), content, severity, temporary);
    if (exists) give_permissions_of(found, file, temporary, severity);
    if (::rename(temporary.c_str(), target.c_str()) < 0) throw_errno(severity, "replace", target, errno);
}

void sync_directory(const fs::path& directory, Severity severity) {
    const FileDescriptor opened = open_directory(directory, severity);
    if (retry_interrupted([&] { return ::fsync(opened.get()); }) == 0) return;
    // EINVAL: this file system has nothing to sync for directories (some network and FUSE ones).
    if (errno != EINVAL) throw_errno(severity, "sync directory", directory, errno);
}

// Not the device, whose number may be another one after a restart; but the time of birth, where the file
// system has one, because an inode's number is given again at once.
std::string file_identity(const fs::path& path, Severity severity) {
#ifdef STATX_BTIME
    struct statx extended {};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &extended) == 0) {
        std::string identity = std::to_string(extended.stx_ino);
        if ((extended.stx_mask & STATX_BTIME) != 0)
            identity += ' ' + std::to_string(extended.stx_btime.tv_sec) + '.' +
                        std::to_string(extended.stx_btime.tv_nsec);
        return identity;
    }
#endif
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0) throw_errno(severity, "look at", path, errno);
    return std::to_string(status.st_ino);
}

void make_directory(const fs::path& path, mode_t mode, Severity severity) {
    if (::mkdir(path.c_str(), mode) == 0) return;
    const int reason = errno;
    struct stat found {};
    const bool is_directory = reason == EEXIST && ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
    if (!is_directory) throw_errno(severity, "create directory", path, reason);
}

void make_directories(const fs::path& path, mode_t mode, Severity severity) {
    fs::path level;
    for (const fs::path& part : path.lexically_normal()) {
        level /= part;
        if (!part.empty() && part != level.root_path()) make_directory(level, mode, severity);
    }
}

void remove_file(const fs::path& path, Severity severity) {
    if (::unlink(path.c_str()) < 0 && errno != ENOENT) throw_errno(severity, "remove", path, errno);
}

}  // namespace offlineimap::os
