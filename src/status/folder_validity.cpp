#include "offlineimap/status/folder_validity.hpp"

#include <cstdint>
#include <string>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

#include "number_file.hpp"

namespace offlineimap::status {

std::optional<base::UidValidity> read_validity(const std::filesystem::path& file) {
    const auto line = read_line_of_state(file);
    if (!line) return std::nullopt;
    const auto number = base::parse_integer<std::uint32_t>(*line);
    if (!number)
        throw_corrupt_number(file, "the folder's UIDVALIDITY", *line,
                             "if the mailbox was not made anew, remove the file");
    return base::UidValidity(*number);
}

void write_validity(const std::filesystem::path& file, base::UidValidity validity) {
    write_line_of_state(file, std::to_string(validity.value()));
}

void forget_validity(const std::filesystem::path& file) {
    os::remove_file(file, base::Severity::folder);
}

}  // namespace offlineimap::status
