#include "meter.hpp"

#include <algorithm>
#include <utility>

namespace offlineimap::sync {

Meter::Meter(const events::Reporter& reporter, const events::FolderEnd& source,
             const events::FolderEnd& destination, std::size_t total_messages,
             const std::function<std::uint64_t()>& total_bytes, Clock clock)
    : reporter_(reporter), clock_(std::move(clock)), wanted_(reporter.wants_progress()) {
    if (!wanted_) return;
    progress_ = {.source = source,
                 .destination = destination,
                 .messages = 0,
                 .total_messages = total_messages,
                 .bytes = 0,
                 .total_bytes = total_messages < kMany ? 0 : total_bytes(),
                 .ended = false};
    report();
}

Meter::~Meter() {
    if (!wanted_) return;
    progress_.ended = true;
    report();
}

void Meter::add_bytes(std::uint64_t bytes) {
    if (!wanted_) return;
    progress_.bytes += bytes;
    report_if_due();
}

void Meter::drop_bytes(std::uint64_t bytes) noexcept {
    progress_.bytes -= std::min(progress_.bytes, bytes);
}

void Meter::add_messages(std::size_t messages) {
    if (!wanted_) return;
    progress_.messages += messages;
    report_if_due();
}

void Meter::report_if_due() {
    if (clock_() >= due_) report();
}

// What the server said of sizes is not always what it sends.
void Meter::report() {
    if (progress_.total_bytes != 0) progress_.total_bytes = std::max(progress_.total_bytes, progress_.bytes);
    reporter_(progress_);
    due_ = clock_() + kPeriod;
}

}  // namespace offlineimap::sync
