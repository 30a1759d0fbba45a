// How a run is steered from outside: stop now, finish after this round, wake from the sleep. Thread-safe;
// signals and key presses end here.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace offlineimap::sync {

class Control {
  public:
    // Stop as soon as what is under way is safe: within a second. Also ends every sleep.
    void request_stop();
    // No further round after the present one.
    void request_finish();
    // End the present sleep of every account, or skip the next one.
    void wake();

    std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    bool stopping() const noexcept { return stop_.stop_requested(); }
    bool finishing() const;
    // Rises with each wake(); an account remembers the value it has acted on.
    std::uint64_t wakes() const;

    // Waits for `limit`, a stop, a finish, or a wake beyond `wakes_seen`.
    enum class Ended { elapsed, woken, told_to_end };
    Ended wait(std::chrono::milliseconds limit, std::uint64_t wakes_seen);

  private:
    std::stop_source stop_;
    mutable std::mutex control_mutex_;  // guards finish_ and wakes_
    std::condition_variable changed_;
    bool finish_ = false;
    std::uint64_t wakes_ = 0;
};

}  // namespace offlineimap::sync
