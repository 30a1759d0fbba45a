// A point in time after which waiting is pointless. Waits that move data re-arm it on progress.
#pragma once

#include <chrono>

namespace offlineimap::base {

class Deadline {
  public:
    using Clock = std::chrono::steady_clock;

    static Deadline never() noexcept { return Deadline(Clock::time_point::max()); }
    static Deadline at(Clock::time_point when) noexcept { return Deadline(when); }
    // `limit` from now; a limit too large to add means never.
    static Deadline after(Clock::duration limit) noexcept {
        const auto now = Clock::now();
        if (limit >= Clock::time_point::max() - now) return never();
        return Deadline(now + limit);
    }

    bool is_never() const noexcept { return when_ == Clock::time_point::max(); }
    bool expired() const noexcept { return !is_never() && Clock::now() >= when_; }
    Clock::time_point when() const noexcept { return when_; }
    // Zero when expired, duration::max() when never.
    Clock::duration remaining() const noexcept {
        if (is_never()) return Clock::duration::max();
        const auto now = Clock::now();
        return now >= when_ ? Clock::duration::zero() : when_ - now;
    }

  private:
    explicit Deadline(Clock::time_point when) noexcept : when_(when) {}
    Clock::time_point when_;
};

}  // namespace offlineimap::base
