// Reads the entries of a directory.
#pragma once

#include <dirent.h>
#include <filesystem>
#include <memory>

#include "offlineimap/base/error.hpp"

namespace offlineimap::maildir {

class DirectoryStream {
  public:
    // Opens the directory anew, at its start: `directory` is a descriptor whose offset stays as it is, or
    // AT_FDCWD with a path. Throws if it cannot be read.
    DirectoryStream(int directory, const char* relative, std::filesystem::path path_for_errors,
                    base::Severity severity);
    // nullptr at the end; valid until the next call. Never "." and "..". Throws on a read error: a directory
    // of which only a part was read must not pass for the whole.
    const dirent* next();

  private:
    struct Close {
        void operator()(DIR* stream) const noexcept { ::closedir(stream); }
    };
    std::filesystem::path path_;
    base::Severity severity_;
    std::unique_ptr<DIR, Close> stream_;
};

}  // namespace offlineimap::maildir
