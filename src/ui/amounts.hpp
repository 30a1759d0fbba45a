// Numbers as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace offlineimap::ui {

// "812 B", "12.3 kB", "4.0 GB": powers of 1000.
std::string readable_bytes(std::uint64_t bytes);
// "0:07", "12:30", "1:02:03".
std::string readable_time(std::chrono::seconds duration);
// "1 message", "2 messages".
std::string counted(std::uint64_t number, const std::string& one, const std::string& many);

}  // namespace offlineimap::ui
