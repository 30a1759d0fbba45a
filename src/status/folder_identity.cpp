#include "offlineimap/status/folder_identity.hpp"

#include "number_file.hpp"

namespace offlineimap::status {

std::optional<std::string> read_identity(const std::filesystem::path& file) {
    return read_line_of_state(file);
}

void write_identity(const std::filesystem::path& file, const std::string& identity) {
    write_line_of_state(file, identity);
}

}  // namespace offlineimap::status
