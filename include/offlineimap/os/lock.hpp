// The account lock: excludes other runs of this program and of the original, in both of its variants (fcntl
// record lock and flock).
#pragma once

#include <filesystem>
#include <optional>

#include "offlineimap/os/file.hpp"

namespace offlineimap::os {

class AccountLock {
  public:
    // nullopt if another process holds it. The file is created if missing; after locking, the path must still
    // name the same inode, else it is tried again. Never follows a symbolic link. Two locks on one path
    // within this process exclude each other too.
    static std::optional<AccountLock> try_acquire(const std::filesystem::path& path);
    // Whether somebody holds it now. Creates, changes and removes nothing.
    static bool is_held(const std::filesystem::path& path);
    AccountLock(AccountLock&& other) noexcept;
    AccountLock& operator=(AccountLock&& other) noexcept;
    // Removes the file (it is ours: we hold the lock), then lets go.
    ~AccountLock();

  private:
    AccountLock(std::filesystem::path path, FileDescriptor file) noexcept;
    void release() noexcept;
    std::filesystem::path path_;
    FileDescriptor file_;
};

}  // namespace offlineimap::os
