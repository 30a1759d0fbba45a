// A pause that a stop ends.
#pragma once

#include <chrono>
#include <stop_token>

namespace offlineimap::client {

// Throws Cancelled at a stop, at once.
void wait_unless_stopped(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace offlineimap::client
