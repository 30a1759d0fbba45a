#include "offlineimap/maildir/exclusive_rename.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace offlineimap::maildir {
namespace {

// Whether the kernel or the file system said that it cannot do this at all.
bool is_unsupported(int reason) noexcept {
    return reason == ENOSYS || reason == EINVAL || reason == EOPNOTSUPP || reason == ENOTSUP;
}

int rename_in_kernel(const FileAt& from, const FileAt& to) noexcept {
#if defined(RENAME_NOREPLACE)
    const int result =
        ::renameat2(from.directory, from.name.c_str(), to.directory, to.name.c_str(), RENAME_NOREPLACE);
    return result == 0 ? 0 : errno;
#else
    static_cast<void>(from), static_cast<void>(to);
    return ENOSYS;
#endif
}

}  // namespace

int rename_exclusively(const FileAt& from, const FileAt& to) noexcept {
    int reason = rename_in_kernel(from, to);
    if (is_unsupported(reason)) reason = rename_by_linking(from, to);
    // EPERM is what link() answers where there are no hard links (FAT); a rename that is really forbidden is
    // refused again.
    if (is_unsupported(reason) || reason == EPERM) reason = rename_after_looking(from, to);
    return reason;
}

int rename_by_linking(const FileAt& from, const FileAt& to) noexcept {
    if (::linkat(from.directory, from.name.c_str(), to.directory, to.name.c_str(), 0) != 0) return errno;
    if (::unlinkat(from.directory, from.name.c_str(), 0) == 0) return 0;
    // Somebody else renamed or removed it meanwhile: the message is theirs, not doubled by us.
    const int reason = errno;
    ::unlinkat(to.directory, to.name.c_str(), 0);
    return reason;
}

int rename_after_looking(const FileAt& from, const FileAt& to) noexcept {
    struct stat found {};
    if (::fstatat(to.directory, to.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
    if (errno != ENOENT) return errno;
    return ::renameat(from.directory, from.name.c_str(), to.directory, to.name.c_str()) == 0 ? 0 : errno;
}

}  // namespace offlineimap::maildir
