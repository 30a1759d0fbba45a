#include "offlineimap/maildir/tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "offlineimap/base/text.hpp"
#include "offlineimap/os/digest.hpp"

#include "directory_stream.hpp"

namespace offlineimap::maildir {
namespace {

namespace fs = std::filesystem;
using base::Severity;

constexpr std::array<std::string_view, 3> kSubdirectories = {"cur", "new", "tmp"};
constexpr mode_t kPrivate = 0700;
constexpr std::size_t kLongestComponent = 255;

bool is_subdirectory_name(std::string_view name) {
    return std::find(kSubdirectories.begin(), kSubdirectories.end(), name) != kSubdirectories.end();
}

// The status of what a path leads to if that is a directory. Only what is certainly none may pass for none: a
// directory that cannot be looked into would be taken for a folder that the user has removed.
std::optional<struct stat> directory_status(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        return S_ISDIR(status.st_mode) ? std::optional(status) : std::nullopt;
    }
    if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
        os::throw_errno(Severity::repository, "examine", path, errno);
    }
    return std::nullopt;
}

bool is_maildir(const fs::path& directory) {
    return std::all_of(kSubdirectories.begin(), kSubdirectories.end(),
                       [&](std::string_view name) { return directory_status(directory / name).has_value(); });
}

bool may_be_directory(const dirent& entry) {
    return entry.d_type == DT_DIR || entry.d_type == DT_LNK || entry.d_type == DT_UNKNOWN;
}

// The one directory that nobody but root may read and that is no mail: at the top of a mounted file system.
bool is_unreadable_lost_and_found(const fs::path& directory, const std::string& folder) {
    return folder == "lost+found" && ::access(directory.c_str(), R_OK | X_OK) != 0;
}

class Walk {
  public:
    enum class Depth { one_level, nested };
    explicit Walk(Depth depth) : depth_(depth) {}

    std::vector<base::FolderName> folders_below(const fs::path& root) {
        const auto status = directory_status(root);
        if (!status) os::throw_errno(Severity::repository, "open directory", root, ENOENT);
        if (is_maildir(root)) folders_.emplace_back("");
        enter(root, "", *status);
        std::sort(folders_.begin(), folders_.end());
        return std::move(folders_);
    }

  private:
    void enter(const fs::path& directory, const std::string& prefix, const struct stat& status) {
        const std::pair identity(status.st_dev, status.st_ino);
        const bool loop = std::find(ancestors_.begin(), ancestors_.end(), identity) != ancestors_.end();
        if (loop) return;
        ancestors_.push_back(identity);
        DirectoryStream stream(AT_FDCWD, directory.c_str(), directory, Severity::repository);
        while (const dirent* entry = stream.next()) {
            if (is_subdirectory_name(entry->d_name) || !may_be_directory(*entry)) continue;
            visit(directory / entry->d_name, prefix + entry->d_name);
        }
        ancestors_.pop_back();
    }

    void visit(const fs::path& directory, const std::string& folder) {
        const auto status = directory_status(directory);
        if (!status || is_unreadable_lost_and_found(directory, folder)) return;
        if (is_maildir(directory)) folders_.emplace_back(folder);
        if (depth_ == Depth::nested) enter(directory, folder + '/', *status);
    }

    Depth depth_;
    std::vector<base::FolderName> folders_;
    std::vector<std::pair<dev_t, ino_t>> ancestors_;  // of the directory that is being read, and itself
};

void require_safe_component(const base::FolderName& name, std::string_view component) {
    std::string_view problem;
    if (component.empty()) problem = "has an empty level";
    if (component == "." || component == "..") problem = "would leave the Maildir";
    if (is_subdirectory_name(component)) problem = "is what a Maildir's own directories are called";
    if (component.find('\0') != std::string_view::npos) problem = "has a NUL byte";
    if (component.size() > kLongestComponent) problem = "is too long for a directory";
    if (problem.empty()) return;
    throw base::Error(Severity::folder, base::ErrorCode::unsafe_name,
                      "the local folder name '" + base::printable(name.text()) + "' " + std::string(problem));
}

// "/mail/" would not be recognised as the parent of "/mail/INBOX".
fs::path without_trailing_slash(fs::path path) {
    if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
    return path;
}

}  // namespace

Tree::Tree(fs::path root, char separator)
    : root_(without_trailing_slash(std::move(root))), separator_(separator) {}

void Tree::make_root() const {
    os::make_directories(root_, kPrivate, Severity::repository);
}

std::vector<base::FolderName> Tree::folders() const {
    return Walk(separator_ == '/' ? Walk::Depth::nested : Walk::Depth::one_level).folders_below(root_);
}

void Tree::make_folder(const base::FolderName& name) const {
    require_safe(name);
    // A root that has vanished is not made again here: all folders would seem to be new.
    os::open_directory(root_, Severity::repository);
    const auto folder = path_of(name);
    os::make_directories(folder, kPrivate, Severity::folder);
    for (const auto subdirectory : kSubdirectories) {
        os::make_directory(folder / subdirectory, kPrivate, Severity::folder);
    }
    // Mail is not safe in a directory that is not safe itself.
    for (auto level = folder; level != root_; level = level.parent_path()) {
        os::sync_directory(level, Severity::folder);
    }
    os::sync_directory(root_, Severity::folder);
}

fs::path Tree::path_of(const base::FolderName& name) const {
    return name.empty() ? root_ : root_ / fs::path(name.text()).relative_path();
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> Tree::directory(const base::FolderName& name) const {
    const auto status = directory_status(path_of(name));
    if (!status) return std::nullopt;
    return std::pair<std::uint64_t, std::uint64_t>(status->st_dev, status->st_ino);
}

void Tree::require_safe(const base::FolderName& name) const {
    if (name.empty()) return;
    if (separator_ != '/' && name.text().find('/') != std::string::npos) {
        throw base::Error(Severity::folder, base::ErrorCode::unsafe_name,
                          "the local folder name '" + base::printable(name.text()) +
                              "' has a '/', but the Maildir's separator is '" + separator_ + "'");
    }
    for (const auto component : base::split(name.text(), '/')) require_safe_component(name, component);
}

std::string folder_md5(const base::FolderName& translated_local_name) {
    return os::digest_hex(os::DigestKind::md5, translated_local_name.text());
}

}  // namespace offlineimap::maildir
