// A message's file as one reading of the directories shows it.
#pragma once

#include <string_view>

#include "directories.hpp"

namespace offlineimap::maildir {

struct Sighting {
    std::string_view name;
    Place place;
};

}  // namespace offlineimap::maildir
