// The place that a browser is sent back to after a login (RFC 8252 §7.3): a port of this machine that nobody
// else can reach, open until one answer has come.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "offlineimap/base/deadline.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::net {

class LoopbackListener {
  public:
    struct Page {
        std::string text;  // one line for the person in front of the browser
        bool is_last = false;
    };
    // Gets what stands behind "GET " ("/?code=…"); nobody else's requests, but those of any program of this
    // machine.
    using Handler = std::function<Page(std::string_view target)>;

    // Binds 127.0.0.1 to a port that the system chooses. Throws Error{repository, network}.
    LoopbackListener();
    std::uint16_t port() const noexcept { return port_; }

    // Answers requests until a page is the last. False if the deadline passed. Throws Cancelled on a stop.
    bool serve(const Handler& handler, const base::Deadline& deadline, const std::stop_token& stop);

  private:
    os::FileDescriptor socket_;
    std::uint16_t port_ = 0;
};

}  // namespace offlineimap::net
