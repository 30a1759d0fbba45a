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
        ++wakes_of_all_;
    }
    changed_.notify_all();
}

void Control::wake(const std::string& account) {
    {
        const std::lock_guard lock(control_mutex_);
        ++wakes_of_one_[account];
    }
    changed_.notify_all();
}

bool Control::finishing() const {
    const std::lock_guard lock(control_mutex_);
    return finish_ || stopping();
}

std::uint64_t Control::wakes(const std::string& account) const {
    const std::lock_guard lock(control_mutex_);
    return wakes_of(account);
}

// With the mutex held.
std::uint64_t Control::wakes_of(const std::string& account) const {
    const auto own = wakes_of_one_.find(account);
    return wakes_of_all_ + (own == wakes_of_one_.end() ? 0 : own->second);
}

Control::Ended Control::wait(std::chrono::milliseconds limit, const std::string& account,
                             std::uint64_t wakes_seen) {
    std::unique_lock lock(control_mutex_);
    changed_.wait_for(lock, limit, [&] { return finish_ || stopping() || wakes_of(account) > wakes_seen; });
    if (finish_ || stopping()) return Ended::told_to_end;
    return wakes_of(account) > wakes_seen ? Ended::woken : Ended::elapsed;
}

}  // namespace offlineimap::sync
