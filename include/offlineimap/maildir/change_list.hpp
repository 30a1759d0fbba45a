// What is done to the local files of an account, listed in a file for its hooks (docs/hooks.md):
// NUL-terminated strings in pairs, kind and absolute path. Each entry is in the file before its change is
// made, so that a kill at any instant may leave an entry too many, never one too few.
#pragma once

#include <filesystem>
#include <mutex>
#include <span>
#include <utility>

#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

struct Change {
    enum class Kind { arrived, deleted, renamed_from, renamed_to, folder };
    Kind kind;
    std::filesystem::path path;
};

// Lists nothing before begin() and after forget().
class ChangeList {
  public:
    explicit ChangeList(std::filesystem::path file) : file_(std::move(file)) {}

    // Opens the file, anew if it was open; makes it (0600) if it is missing. What it lists stays; an entry
    // that a kill cut off goes: its change was not made. Throws Error{repository, …}.
    void begin();
    // Together and in order, behind what is listed. Several threads may add. Throws Error{folder, …}: the
    // changes must not be made then.
    void add(std::span<const Change> changes) const;
    // Removes the file. Throws Error{folder, …}.
    void forget();

  private:
    std::filesystem::path file_;
    os::FileDescriptor opened_;
    mutable std::mutex list_mutex_;  // guards is_torn_, and keeps what is added together
    mutable bool is_torn_ = false;   // ends with a part of an entry
};

}  // namespace offlineimap::maildir
