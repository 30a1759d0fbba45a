// How a run is steered from outside: stop now, finish after this round, wake from the sleep. Thread-safe;
// signals and key presses end here.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

namespace offlineimap::sync {

class Control {
  public:
    // Stop as soon as what is under way is safe: within a second. Also ends every sleep.
    void request_stop();
    // No further round after the present one.
    void request_finish();
    // End the present sleep of every account, or skip the next one.
    void wake();
    // The same for one account.
    void wake(const std::string& account);

    std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    bool stopping() const noexcept { return stop_.stop_requested(); }
    bool finishing() const;
    // Rises with each wake() that concerns the account; the account remembers the value it has acted on.
    std::uint64_t wakes(const std::string& account) const;

    // Waits for `limit`, a stop, a finish, or a wake of the account beyond `wakes_seen`.
    enum class Ended { elapsed, woken, told_to_end };
    Ended wait(std::chrono::milliseconds limit, const std::string& account, std::uint64_t wakes_seen);

  private:
    std::uint64_t wakes_of(const std::string& account) const;

    std::stop_source stop_;
    mutable std::mutex control_mutex_;  // guards finish_ and the wakes
    std::condition_variable changed_;
    bool finish_ = false;
    std::uint64_t wakes_of_all_ = 0;
    std::map<std::string, std::uint64_t> wakes_of_one_;
};

}  // namespace offlineimap::sync
