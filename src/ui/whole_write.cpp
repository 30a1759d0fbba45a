#include "whole_write.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace offlineimap::ui {

namespace {

bool wait_until_writable(int descriptor) noexcept {
    pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
    return ::poll(&writable, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

bool write_whole(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            // A terminal is shared: another program may have made it non-blocking.
            if (!wait_until_writable(descriptor)) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace offlineimap::ui
