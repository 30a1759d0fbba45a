#include "directory_stream.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <utility>

#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

DirectoryStream::DirectoryStream(int directory, const char* relative, std::filesystem::path path_for_errors,
                                 base::Severity severity)
    : path_(std::move(path_for_errors)), severity_(severity) {
    os::FileDescriptor opened(::openat(directory, relative, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) os::throw_errno(severity_, "open directory", path_, errno);
    stream_.reset(::fdopendir(opened.get()));
    if (!stream_) os::throw_errno(severity_, "read directory", path_, errno);
    opened.release();  // the stream owns it now
}

const dirent* DirectoryStream::next() {
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream_.get());
        if (entry == nullptr && errno != 0) os::throw_errno(severity_, "read directory", path_, errno);
        if (entry == nullptr) return nullptr;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") return entry;
    }
}

}  // namespace offlineimap::maildir
