// A stream in memory: gives what it was given, in small pieces if asked, and keeps what is written.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "offlineimap/net/stream.hpp"

namespace offlineimap::net {

struct MemoryPeer {
    std::string to_read;       // what the other side has sent
    std::size_t piece = 4096;  // read at most so much at a time
    std::string written;
    std::size_t given = 0;
};

// At the end of `to_read` the other side has closed.
class MemoryStream final : public Stream {
  public:
    explicit MemoryStream(MemoryPeer& peer) : peer_(peer) {}

    Progress exchange(std::string_view out, std::span<char> in, bool, std::chrono::milliseconds,
                      std::stop_token) override {
        Progress progress = give(in);
        peer_.written += out;
        progress.written = out.size();
        return progress;
    }
    std::optional<Progress> read_until(std::span<char> in, base::Deadline, std::stop_token) override {
        return give(in);
    }
    bool is_encrypted() const noexcept override { return true; }
    std::string description() const override { return "memory"; }
    std::string peer_certificate() const override { return "certificate"; }
    void close() noexcept override {}

  private:
    Progress give(std::span<char> in) {
        const auto count = std::min({peer_.piece, in.size(), peer_.to_read.size() - peer_.given});
        std::copy_n(peer_.to_read.begin() + static_cast<std::ptrdiff_t>(peer_.given), count, in.begin());
        peer_.given += count;
        return {.written = 0, .read = count, .end_of_stream = !in.empty() && count == 0};
    }
    MemoryPeer& peer_;
};

}  // namespace offlineimap::net
