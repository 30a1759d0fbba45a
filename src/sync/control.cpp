#include "offlineimap/sync/control.hpp"

namespace offlineimap::sync {

void Control::request_stop() {
    stop_.request_stop();
    // Taking the mutex orders the request before any wait() that has not checked yet.
    { const std::lock_guard lock(control_mutex_); }
    changed_.notify_all();
}

void Control::request_finish() {
    {
        const std::lock_guard lock(control_mutex_);
        finish_ = true;
    }
    changed_.notify_all();
}

void Control::wake() {
    {
        const std::lock_guard lock(control_mutex_);
        ++wakes_;
    }
    changed_.notify_all();
}

bool Control::finishing() const {
    const std::lock_guard lock(control_mutex_);
    return finish_ || stopping();
}

std::uint64_t Control::wakes() const {
    const std::lock_guard lock(control_mutex_);
    return wakes_;
}

Control::Ended Control::wait(std::chrono::milliseconds limit, std::uint64_t wakes_seen) {
    std::unique_lock lock(control_mutex_);
    changed_.wait_for(lock, limit, [&] { return finish_ || stopping() || wakes_ > wakes_seen; });
    if (finish_ || stopping()) return Ended::told_to_end;
    return wakes_ > wakes_seen ? Ended::woken : Ended::elapsed;
}

}  // namespace offlineimap::sync
