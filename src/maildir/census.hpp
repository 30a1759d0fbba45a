// What a scan makes of the file names that it saw: which message each one is.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "name_table.hpp"
#include "sighting.hpp"

namespace offlineimap::maildir {

struct Census {
    std::vector<NameRecord> records;  // sorted by key
    std::vector<std::string> duplicate_names;
};

// `sightings` in scan order. A file that a mail reader renames during the scan can be seen under both names;
// `exists` tells such a pair from two files.
Census take_census(const std::vector<Sighting>& sightings, std::string_view folder_md5,
                   const std::function<bool(const Sighting&)>& exists);

}  // namespace offlineimap::maildir
