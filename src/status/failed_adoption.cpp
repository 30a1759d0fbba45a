#include "offlineimap/status/failed_adoption.hpp"

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/file.hpp"

#include "number_file.hpp"

namespace offlineimap::status {

std::optional<std::string> read_failed_adoption(const std::filesystem::path& file) {
    return read_line_of_state(file);
}

void write_failed_adoption(const std::filesystem::path& file, const std::string& look) {
    write_line_of_state(file, look);
}

void forget_failed_adoption(const std::filesystem::path& file) {
    os::remove_file(file, base::Severity::folder);
}

}  // namespace offlineimap::status
