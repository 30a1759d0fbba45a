// The tree of Maildir folders below `localfolders`: which there are, making new ones, and the safety of their
// names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

class Tree {
  public:
    // `separator` is '/' for nested directories; any other keeps all folders one level below the root.
    Tree(std::filesystem::path root, char separator);

    // Makes the root (0700, with parents) if it is missing.
    void make_root() const;
    // All folders, sorted by name; the root itself is ''. A directory is a folder if it has cur, new and tmp.
    // An unreadable directory throws Error{repository, permission|io}: it is never taken for an empty tree.
    // Symbolic links to directories are followed, loops end.
    std::vector<base::FolderName> folders() const;
    // makedirs 0700, then cur, new, tmp 0700. Throws Error{folder, unsafe_name} for names that would leave
    // the root, or with separator '/' have a component cur, new or tmp, '..', '.' or an empty one; for NUL
    // and components longer than 255 bytes.
    void make_folder(const base::FolderName& name) const;
    std::filesystem::path path_of(const base::FolderName& name) const;
    // The check of make_folder() alone.
    void require_safe(const base::FolderName& name) const;
    // Device and inode of the folder's directory; nullopt: there is none.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> directory(const base::FolderName& name) const;

  private:
    std::filesystem::path root_;
    char separator_;
};

// restoreatime: notes the access times of cur and new of folders, and puts them back (keeping modification
// times).
class AccessTimes {
  public:
    void note(const std::filesystem::path& folder);
    void restore() const noexcept;

  private:
    struct Times {
        std::int64_t seconds;
        std::int64_t nanoseconds;
    };
    std::map<std::filesystem::path, Times> noted_;
};

// FMD5: lower-case hex MD5 of the UTF-8 translated local name; '' if that equals the separator.
std::string folder_md5(const base::FolderName& translated_local_name);

}  // namespace offlineimap::maildir
