#include "corrupt_state.hpp"

#include <string>

#include "offlineimap/base/error.hpp"

namespace offlineimap::status {

void throw_corrupt_status(std::string_view problem, const std::filesystem::path& file) {
    throw base::Error(
        base::Severity::folder, base::ErrorCode::corrupt_state,
        std::string(problem) + "; to go on, remove '" + file.string() +
            "': messages are then matched by UID again and nothing is downloaded twice, but one "
            "that was deleted on one side since the last sync comes back");
}

}  // namespace offlineimap::status
