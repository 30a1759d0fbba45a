// Makes a batch of freshly written files durable together: that is what makes `fsync = true` cheap (group
// commit).
#pragma once

#include <string>
#include <vector>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::os {

// Keeps the descriptors of written files open until commit(). Bounded by the caller (a batch has at most some
// hundred files).
class DurableBatch {
  public:
    void add(FileDescriptor written);
    std::size_t size() const noexcept { return files_.size(); }
    // Writeback of all is started before any is waited for. When it returns, the content and the inodes of
    // all files survive power loss (their directory entries need sync_directory). Throws Error{severity, …};
    // EIO is never retried (the kernel reports it once).
    void commit(base::Severity severity);
    // Closes without syncing (fsync = false).
    void close() noexcept { files_.clear(); }

  private:
    std::vector<FileDescriptor> files_;
};

}  // namespace offlineimap::os
