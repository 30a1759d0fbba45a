// A moment that reads the same on clocks in every time zone.
#pragma once

#include <chrono>
#include <ctime>

namespace offlineimap::support {

// Noon of 2026-11-22 in whatever zone the machine lives.
inline std::time_t noon() {
    std::tm parts{};
    parts.tm_year = 126;
    parts.tm_mon = 10;
    parts.tm_mday = 22;
    parts.tm_hour = 12;
    parts.tm_isdst = -1;
    return std::mktime(&parts);
}

// 12:00:00.250
inline std::chrono::system_clock::time_point after_noon() {
    return std::chrono::system_clock::from_time_t(noon()) + std::chrono::milliseconds(250);
}

}  // namespace offlineimap::support
