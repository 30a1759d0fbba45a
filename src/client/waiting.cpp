#include "offlineimap/client/waiting.hpp"

#include <condition_variable>
#include <mutex>

#include "offlineimap/base/error.hpp"

namespace offlineimap::client {

void wait_unless_stopped(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex pause_mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(pause_mutex);
    stopped.wait_for(lock, stop, time, [] { return false; });
    if (stop.stop_requested()) throw base::Cancelled();
}

}  // namespace offlineimap::client
