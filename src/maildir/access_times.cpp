#include <array>
#include <fcntl.h>
#include <sys/stat.h>

#include "offlineimap/maildir/tree.hpp"

namespace offlineimap::maildir {

void AccessTimes::note(const std::filesystem::path& folder) {
    for (const char* subdirectory : {"new", "cur"}) {
        struct stat status {};
        const auto path = folder / subdirectory;
        if (::stat(path.c_str(), &status) != 0) continue;  // nothing to restore
#if defined(__APPLE__)
        const timespec time = status.st_atimespec;
#else
        const timespec time = status.st_atim;
#endif
        noted_[path] = {time.tv_sec, time.tv_nsec};
    }
}

void AccessTimes::restore() const noexcept {
    for (const auto& [path, noted] : noted_) {
        timespec access{};
        access.tv_sec = static_cast<decltype(access.tv_sec)>(noted.seconds);
        access.tv_nsec = static_cast<decltype(access.tv_nsec)>(noted.nanoseconds);
        timespec modification{};
        modification.tv_nsec = UTIME_OMIT;
        const std::array times = {access, modification};
        // A folder that has gone since has no time to restore.
        static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0));
    }
}

}  // namespace offlineimap::maildir
