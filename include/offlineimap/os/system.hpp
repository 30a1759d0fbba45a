// Randomness, host name, process id, current time, core dumps: what the operating system knows and pure
// layers take as parameters.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace offlineimap::os {

std::uint64_t random_number();
std::string host_name();
std::int64_t process_id();
std::chrono::sys_seconds now();
// From now on no core file is written of this process, and no other process of its user looks into its
// memory, where passwords are. Children can be dumped again, but for the soft limit that they inherit.
void keep_memory_private() noexcept;

}  // namespace offlineimap::os
