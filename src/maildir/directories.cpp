#include "directories.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "offlineimap/mail/maildir_name.hpp"
#include "offlineimap/maildir/exclusive_rename.hpp"

#include "directory_stream.hpp"

namespace offlineimap::maildir {
namespace {

using base::Severity;

const char* directory_name(Place place) noexcept {
    return place == Place::cur ? "cur" : "new";
}

bool says_no_such_file(int reason) noexcept {
    // ELOOP: symbolic links that end nowhere. ENXIO: a socket.
    return reason == ENOENT || reason == ELOOP || reason == ENXIO;
}

}  // namespace

Place place_for(mail::Flags flags) noexcept {
    return mail::subdirectory_for(flags) == "cur" ? Place::cur : Place::fresh;
}

Directories::Directories(std::filesystem::path folder) : folder_(std::move(folder)) {
    reopen();
}

void Directories::reopen() {
    auto fresh = os::open_directory(folder_ / "new", Severity::folder);
    auto cur = os::open_directory(folder_ / "cur", Severity::folder);
    auto tmp = os::open_directory(folder_ / "tmp", Severity::folder);
    places_[index_of(Place::fresh)] = std::move(fresh);
    places_[index_of(Place::cur)] = std::move(cur);
    tmp_ = std::move(tmp);
}

std::filesystem::path Directories::path_of(Place place, std::string_view name) const {
    return folder_ / directory_name(place) / name;
}

void Directories::for_each_file(Place place, const std::stop_token& stop,
                                const std::function<void(std::string_view)>& seen) const {
    DirectoryStream stream(descriptor(place), ".", folder_ / directory_name(place), Severity::folder);
    while (const dirent* entry = stream.next()) {
        if (stop.stop_requested()) throw base::Cancelled();
        if (entry->d_name[0] == '.') continue;
        // Most file systems tell the type with the name, which saves a call for each message.
        const bool must_look = entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK;
        const bool is_message =
            must_look ? status_of(place, entry->d_name).has_value() : entry->d_type == DT_REG;
        if (is_message) seen(entry->d_name);
    }
}

void Directories::for_each_entry(Place place, const std::stop_token& stop,
                                 const std::function<void(std::string_view)>& seen) const {
    DirectoryStream stream(descriptor(place), ".", folder_ / directory_name(place), Severity::folder);
    while (const dirent* entry = stream.next()) {
        if (stop.stop_requested()) throw base::Cancelled();
        if (entry->d_name[0] != '.') seen(entry->d_name);
    }
}

std::optional<struct stat> Directories::status_of(Place place, const std::string& name) const {
    struct stat status {};
    if (::fstatat(descriptor(place), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        // Whatever else went wrong, the message may well be there.
        if (errno != ENOENT) os::throw_errno(Severity::folder, "look at", path_of(place, name), errno);
        return std::nullopt;
    }
    // A link that leads nowhere we may look is no message, whatever the reason.
    if (S_ISLNK(status.st_mode) && ::fstatat(descriptor(place), name.c_str(), &status, 0) != 0)
        return std::nullopt;
    return S_ISREG(status.st_mode) ? std::optional(status) : std::nullopt;
}

std::optional<Directories::OpenFile> Directories::open(Place place, const std::string& name) const {
    // Opening a device can do something. What takes the file's place after this look is refused below.
    if (!status_of(place, name)) return std::nullopt;
    // O_NONBLOCK: a FIFO must not hang us; it means nothing for a regular file.
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    OpenFile opened{os::FileDescriptor(::openat(descriptor(place), name.c_str(), flags)), {}};
    if (!opened.file && says_no_such_file(errno)) return std::nullopt;
    if (!opened.file || ::fstat(opened.file.get(), &opened.status) != 0) {
        os::throw_errno(Severity::message, "open", path_of(place, name), errno);
    }
    if (!S_ISREG(opened.status.st_mode)) return std::nullopt;
    return opened;
}

Directories::Outcome Directories::rename(Place from, const std::string& old_name, Place to,
                                         const std::string& new_name) const {
    const int reason = rename_exclusively({descriptor(from), old_name}, {descriptor(to), new_name});
    if (reason == ENOENT) return Outcome::source_missing;
    if (reason == EEXIST) return Outcome::target_exists;
    if (reason != 0) os::throw_errno(Severity::folder, "rename", path_of(from, old_name), reason);
    return Outcome::done;
}

Directories::Outcome Directories::deliver(const std::string& tmp_name, Place to,
                                          const std::string& name) const {
    const int reason = rename_exclusively({tmp(), tmp_name}, {descriptor(to), name});
    if (reason == EEXIST) return Outcome::target_exists;
    if (reason != 0) os::throw_errno(Severity::folder, "deliver", path_of(to, name), reason);
    return Outcome::done;
}

bool Directories::unlink(Place place, const std::string& name) const {
    if (::unlinkat(descriptor(place), name.c_str(), 0) == 0) return true;
    if (errno != ENOENT) os::throw_errno(Severity::folder, "remove", path_of(place, name), errno);
    return false;
}

void Directories::unlink_tmp(const std::string& name) const noexcept {
    ::unlinkat(tmp(), name.c_str(), 0);
}

void Directories::sync(Place place) const {
    int result = ::fsync(descriptor(place));
    while (result != 0 && errno == EINTR) result = ::fsync(descriptor(place));
    // EINVAL: this file system has nothing to sync for directories.
    if (result != 0 && errno != EINVAL) {
        os::throw_errno(Severity::folder, "sync directory", folder_ / directory_name(place), errno);
    }
}

void Directories::sweep_tmp(std::chrono::sys_seconds older_than) const {
    const auto oldest_kept = older_than.time_since_epoch().count();
    DirectoryStream stream(tmp(), ".", folder_ / "tmp", Severity::folder);
    while (const dirent* entry = stream.next()) {
        if (entry->d_name[0] == '.') continue;
        struct stat status {};
        if (::fstatat(tmp(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        // A delivery may give its file the time of the message; the time of the inode nobody can set.
        const bool is_old = std::max(status.st_mtime, status.st_ctime) < oldest_kept;
        if (S_ISREG(status.st_mode) && is_old) unlink_tmp(entry->d_name);
    }
}

}  // namespace offlineimap::maildir
