// Renaming that never replaces an existing file: rename(2) would silently destroy another message.
#pragma once

#include <string>

namespace offlineimap::maildir {

// A file by the descriptor of its directory and its name.
struct FileAt {
    int directory;
    std::string name;
};

// 0, or the errno: ENOENT when `from` is missing, EEXIST when `to` exists (then nothing has changed). Uses
// the best of the ways below that the system and the file system have.
int rename_exclusively(const FileAt& from, const FileAt& to) noexcept;

// The ways for systems and file systems that know no exclusive rename. By a hard link: atomic as to `to`. By
// a look before the rename: for file systems without hard links; a file that appears between the two would be
// replaced, but our names are unique.
int rename_by_linking(const FileAt& from, const FileAt& to) noexcept;
int rename_after_looking(const FileAt& from, const FileAt& to) noexcept;

}  // namespace offlineimap::maildir
