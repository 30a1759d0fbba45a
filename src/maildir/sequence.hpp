// The numbers that make names unique within one process.
#pragma once

#include <cstdint>

namespace offlineimap::maildir {

// How many names this process has made for that second before: 0, 1, … Shared by all folders and threads.
std::uint64_t next_sequence(std::int64_t time);

// For files in tmp, which get their final name later.
std::uint64_t next_tmp_number() noexcept;

}  // namespace offlineimap::maildir
