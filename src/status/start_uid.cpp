#include "offlineimap/status/start_uid.hpp"

#include <cstdint>
#include <string>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"

#include "number_file.hpp"

namespace offlineimap::status {

std::optional<base::Uid> read_start_uid(const std::filesystem::path& file) {
    const auto line = read_line_of_state(file);
    if (!line) return std::nullopt;
    const auto uid = base::Uid::make(base::parse_integer<std::uint64_t>(*line).value_or(0));
    if (!uid)
        throw_corrupt_number(file, "the UID that the folder's sync begins at", *line,
                             "remove the file to have it found again from 'startdate'");
    return uid;
}

void write_start_uid(const std::filesystem::path& file, base::Uid uid) {
    write_line_of_state(file, std::to_string(uid.value()));
}

void forget_start_uid(const std::filesystem::path& file) {
    os::remove_file(file, base::Severity::folder);
}

}  // namespace offlineimap::status
