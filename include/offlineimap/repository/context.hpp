// What every operation of a repository is given: who speaks, and when to stop.
#pragma once

#include <stop_token>

#include "offlineimap/events/reporter.hpp"

namespace offlineimap::repository {

struct Context {
    events::Reporter reporter;
    std::stop_token stop;
};

}  // namespace offlineimap::repository
