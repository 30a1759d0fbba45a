#include "number_file.hpp"

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/status/names.hpp"

namespace offlineimap::status {

namespace {

constexpr auto kSeverity = base::Severity::folder;
constexpr std::size_t kSizeLimit = 4096;

}  // namespace

std::optional<std::string> read_line_of_state(const std::filesystem::path& file) {
    const auto content = os::read_file(file, kSeverity, kSizeLimit);
    if (!content) return std::nullopt;
    const std::string_view text = *content;
    return std::string(base::trim(text.substr(0, text.find('\n'))));
}

void write_line_of_state(const std::filesystem::path& file, const std::string& line) {
    os::make_directories(file.parent_path(), 0700, kSeverity);
    os::replace_file_through(temporary_of(file), file, line + '\n', os::Sync::yes, kSeverity, 0600);
}

void throw_corrupt_number(const std::filesystem::path& file, std::string_view what, std::string_view line,
                          std::string_view advice) {
    throw base::Error(kSeverity, base::ErrorCode::corrupt_state,
                      "'" + file.string() + "' should hold " + std::string(what) + " but holds '" +
                          base::printable(line, 60) + "'; " + std::string(advice));
}

}  // namespace offlineimap::status
