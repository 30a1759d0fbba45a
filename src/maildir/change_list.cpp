#include "offlineimap/maildir/change_list.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace offlineimap::maildir {

namespace {

using base::Severity;
using Kind = Change::Kind;

constexpr std::string_view kRenamedFrom = "renamed-from";

std::string_view text_of(Kind kind) noexcept {
    switch (kind) {
        case Kind::arrived:
            return "new";
        case Kind::deleted:
            return "deleted";
        case Kind::renamed_from:
            return kRenamedFrom;
        case Kind::renamed_to:
            return "renamed-to";
        case Kind::folder:
            return "folder";
    }
    return {};
}

void append(std::string& text, std::string_view field) {
    text.append(field).push_back('\0');
}

// Finds where the last whole entry ends; "renamed-from" and what follows it are one.
class EntryScanner {
  public:
    void take(std::string_view bytes) {
        for (const char byte : bytes) {
            ++position_;
            if (byte == '\0') {
                end_field();
            } else if (kind_.size() <= kRenamedFrom.size()) {
                kind_.push_back(byte);  // only compared; the rest of a long path is passed over
            }
        }
    }
    std::uint64_t end_of_entries() const noexcept { return end_of_entries_; }

  private:
    void end_field() {
        if (fields_left_ == 0) {
            fields_left_ = kind_ == kRenamedFrom ? 3 : 1;
        } else if (--fields_left_ == 0) {
            end_of_entries_ = position_;
        }
        kind_.clear();
    }

    std::string kind_;  // the beginning of the field that goes on
    int fields_left_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t end_of_entries_ = 0;
};

std::uint64_t end_of_entries(int file, const std::filesystem::path& path) {
    EntryScanner scanner;
    std::string block(64U << 10U, '\0');
    while (const std::size_t count = os::read_some(file, block, Severity::repository, path))
        scanner.take(std::string_view{block}.substr(0, count));
    return scanner.end_of_entries();
}

}  // namespace

void ChangeList::begin() {
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    os::FileDescriptor file(::open(file_.c_str(), flags, 0600));
    if (!file) os::throw_errno(Severity::repository, "open", file_, errno);
    const auto end = static_cast<off_t>(end_of_entries(file.get(), file_));
    if (::ftruncate(file.get(), end) != 0) os::throw_errno(Severity::repository, "shorten", file_, errno);
    opened_ = std::move(file);
}

void ChangeList::add(std::span<const Change> changes) const {
    if (!opened_ || changes.empty()) return;
    std::string text;
    for (const auto& change : changes) {
        append(text, text_of(change.kind));
        append(text, std::filesystem::absolute(change.path).string());
    }
    const std::lock_guard lock(list_mutex_);
    if (is_torn_) os::throw_errno(Severity::folder, "append to", file_, EIO);
    const auto end = ::lseek(opened_.get(), 0, SEEK_END);
    try {
        os::write_all(opened_.get(), text, Severity::folder, file_);
    } catch (const base::Error&) {
        // A disk that became full may have taken a part, and the next entry would not be understood behind
        // it.
        is_torn_ = end < 0 || ::ftruncate(opened_.get(), end) != 0;
        throw;
    }
}

void ChangeList::forget() {
    opened_.reset();
    is_torn_ = false;
    os::remove_file(file_, Severity::folder);
}

}  // namespace offlineimap::maildir
