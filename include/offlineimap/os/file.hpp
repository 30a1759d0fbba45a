// Descriptors, whole-file reads and writes, directories, durability. Failures are Error{<severity given>,
// io|disk_full|permission|not_found} with the operation, the path and the system's text.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <vector>

#include "offlineimap/base/error.hpp"

namespace offlineimap::os {

// The one owner of a descriptor. All descriptors of this program are close-on-exec.
class FileDescriptor {
  public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
    FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor() { reset(); }
    int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    int release() noexcept;
    void reset() noexcept;

  private:
    int descriptor_ = -1;
};

// EDQUOT/ENOSPC → disk_full, EACCES/EPERM/EROFS → permission, ENOENT → not_found, others io.
base::ErrorCode error_code_of(int errno_value) noexcept;
// Throws the Error for `errno_value`: "cannot <attempt> '<path>': <strerror>".
[[noreturn]] void throw_errno(base::Severity severity, std::string_view attempt,
                              const std::filesystem::path& path, int errno_value);

FileDescriptor open_for_reading(const std::filesystem::path& path, base::Severity severity);
FileDescriptor open_directory(const std::filesystem::path& path, base::Severity severity);
// O_CREAT|O_EXCL|O_NOFOLLOW relative to a directory; nullopt if the name exists.
std::optional<FileDescriptor> create_at(int directory, const std::string& name, mode_t mode,
                                        base::Severity severity);

// Retries short writes and EINTR.
void write_all(int descriptor, std::string_view bytes, base::Severity severity,
               const std::filesystem::path& path_for_errors);
// Up to buffer.size() bytes; 0 at the end.
std::size_t read_some(int descriptor, std::span<char> buffer, base::Severity severity,
                      const std::filesystem::path& path_for_errors);
// nullopt if the file does not exist. Fails if larger than `limit` bytes.
std::optional<std::string> read_file(const std::filesystem::path& path, base::Severity severity,
                                     std::size_t limit = 64U << 20U);

// The content and the inode survive power loss afterwards (fsync; F_FULLFSYNC on macOS).
void sync_file(int descriptor, base::Severity severity, const std::filesystem::path& path_for_errors);

enum class Sync { no, yes };
// `path.tmp`, written, synced if asked, renamed over `path`, directory synced if asked. Several may replace
// one file at a time, also from several processes.
void replace_file(const std::filesystem::path& path, std::string_view content, Sync sync,
                  base::Severity severity, mode_t mode = 0666);
// The same through another name than `path.tmp`, in the same directory.
void replace_file_through(const std::filesystem::path& temporary, const std::filesystem::path& path,
                          std::string_view content, Sync sync, base::Severity severity, mode_t mode);
// For a file that the user named: a symbolic link stays and the file it leads to is replaced, which keeps its
// permissions and, if it is new, gets those of the umask. What is no regular file (a pipe, /dev/null) is
// written to.
void replace_named_file(const std::filesystem::path& path, std::string_view content, base::Severity severity);
void sync_directory(const std::filesystem::path& directory, base::Severity severity);

// Tells a file or directory from another one in its place: "<inode> <time of birth>", the latter only where
// the file system knows it.
std::string file_identity(const std::filesystem::path& path, base::Severity severity);

// Creates one directory if missing; an existing one stays as it is.
void make_directory(const std::filesystem::path& path, mode_t mode, base::Severity severity);
// All missing levels, each with `mode`.
void make_directories(const std::filesystem::path& path, mode_t mode, base::Severity severity);

// Removes a file; a missing one is fine.
void remove_file(const std::filesystem::path& path, base::Severity severity);

}  // namespace offlineimap::os
