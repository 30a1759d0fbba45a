// What the tests of this layer share: a connected stream to a server's function, and short calls on it.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "offlineimap/base/error.hpp"
#include "offlineimap/net/stream.hpp"

#include "support/loopback_server.hpp"

namespace offlineimap::net {

using Clock = std::chrono::steady_clock;
inline constexpr std::chrono::milliseconds kPatience{10'000};

inline std::unique_ptr<Stream> connect_to(std::uint16_t port) {
    return connect_tcp({.host = "127.0.0.1", .port = port}, "Remote", kPatience, {});
}

inline void send(Stream& stream, std::string_view bytes) {
    while (!bytes.empty()) bytes.remove_prefix(stream.exchange(bytes, {}, false, kPatience, {}).written);
}

// What comes next, up to 64 KB; empty at the end.
inline std::string receive(Stream& stream) {
    std::string bytes(64U << 10U, '\0');
    const Progress progress = stream.exchange({}, bytes, true, kPatience, {});
    bytes.resize(progress.read);
    return bytes;
}

inline std::string receive_exactly(Stream& stream, std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t have = 0;
    while (have < count) {
        const auto progress = stream.exchange({}, std::span(bytes).subspan(have), true, kPatience, {});
        if (progress.read == 0) break;
        have += progress.read;
    }
    bytes.resize(have);
    return bytes;
}

inline std::string receive_all(Stream& stream) {
    std::string bytes;
    for (std::string more = receive(stream); !more.empty(); more = receive(stream)) bytes += more;
    return bytes;
}

// Bytes that show every reordering and every gap.
inline std::string numbered_bytes(std::size_t count) {
    std::string bytes;
    bytes.reserve(count + 8);
    for (std::size_t i = 0; bytes.size() < count; ++i) bytes += std::to_string(i) + ",";
    bytes.resize(count);
    return bytes;
}

template <class Attempt>
base::Error error_of(Attempt attempt) {
    try {
        attempt();
    } catch (const base::Error& error) {
        return error;
    }
    throw std::logic_error("no Error was thrown");
}

// Asks for a stop after a moment, from another thread.
class StopSoon {
  public:
    std::stop_token token() const noexcept { return source_.get_token(); }

  private:
    std::stop_source source_;
    std::jthread thread_{[this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        source_.request_stop();
    }};
};

}  // namespace offlineimap::net
