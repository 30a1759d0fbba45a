// Randomness, host name, process id, current time: what the operating system knows and pure layers take as
// parameters.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace offlineimap::os {

std::uint64_t random_number();
std::string host_name();
std::int64_t process_id();
std::chrono::sys_seconds now();

}  // namespace offlineimap::os
