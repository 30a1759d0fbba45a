#include "offlineimap/status/folder_validity.hpp"

#include <cstdint>
#include <string>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::status {

namespace {

constexpr auto kSeverity = base::Severity::folder;
constexpr std::size_t kSizeLimit = 4096;

[[noreturn]] void throw_corrupt_validity(const std::filesystem::path& file, std::string_view line) {
    throw base::Error(kSeverity, base::ErrorCode::corrupt_state,
                      "'" + file.string() + "' should hold the folder's UIDVALIDITY but holds '" +
                          base::printable(line, 60) + "'; if the mailbox was not made anew, remove the file");
}

}  // namespace

std::optional<base::UidValidity> read_validity(const std::filesystem::path& file) {
    const auto content = os::read_file(file, kSeverity, kSizeLimit);
    if (!content) return std::nullopt;
    const std::string_view text = *content;
    const auto line = base::trim(text.substr(0, text.find('\n')));
    const auto number = base::parse_integer<std::uint32_t>(line);
    if (!number) throw_corrupt_validity(file, line);
    return base::UidValidity(*number);
}

void write_validity(const std::filesystem::path& file, base::UidValidity validity) {
    os::make_directories(file.parent_path(), 0700, kSeverity);
    os::replace_file(file, std::to_string(validity.value()) + '\n', os::Sync::yes, kSeverity, 0600);
}

void forget_validity(const std::filesystem::path& file) {
    os::remove_file(file, kSeverity);
}

}  // namespace offlineimap::status
