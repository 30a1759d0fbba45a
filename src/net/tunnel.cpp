#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "offlineimap/net/stream.hpp"
#include "offlineimap/os/child.hpp"

#include "socket_stream.hpp"

namespace offlineimap::net {

using base::Severity;

namespace {

struct SocketPair {
    os::FileDescriptor ours;
    os::FileDescriptor theirs;
};

SocketPair make_socket_pair() {
    int ends[2];
#if defined(SOCK_CLOEXEC)
    constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC;
#else
    constexpr int kType = SOCK_STREAM;
#endif
    if (::socketpair(AF_UNIX, kType, 0, ends) < 0)
        os::throw_errno(Severity::repository, "create", "the sockets of a tunnel", errno);
    return {os::FileDescriptor(ends[0]), os::FileDescriptor(ends[1])};
}

// A socket and not two pipes: one descriptor for both directions, and writing to a command that has gone is
// an error instead of a SIGPIPE.
class TunnelStream final : public Stream {
  public:
    TunnelStream(os::ShellChild child, std::unique_ptr<Stream> socket) noexcept
        : child_(std::move(child)), socket_(std::move(socket)) {}
    TunnelStream(const TunnelStream&) = delete;
    TunnelStream& operator=(const TunnelStream&) = delete;
    ~TunnelStream() override {
        constexpr std::chrono::milliseconds kGrace{500};
        socket_->close();
        child_.end(kGrace);
    }

    Progress exchange(std::string_view out, std::span<char> in, bool wait_for_input,
                      std::chrono::milliseconds no_progress_limit, std::stop_token stop) override {
        return socket_->exchange(out, in, wait_for_input, no_progress_limit, std::move(stop));
    }
    std::optional<Progress> read_until(std::span<char> in, base::Deadline deadline,
                                       std::stop_token stop) override {
        return socket_->read_until(in, deadline, std::move(stop));
    }
    bool is_encrypted() const noexcept override { return false; }
    std::string description() const override { return {}; }
    std::string peer_certificate() const override { return {}; }
    void close() noexcept override { socket_->close(); }

  private:
    os::ShellChild child_;
    std::unique_ptr<Stream> socket_;
};

}  // namespace

std::unique_ptr<Stream> open_tunnel(const std::string& command, const std::string& repository) {
    SocketPair sockets = make_socket_pair();
    const int theirs = sockets.theirs.get();
    auto child = os::ShellChild::start(command, {}, {.input = theirs, .output = theirs, .error = -1});
    return std::make_unique<TunnelStream>(
        std::move(child), make_socket_stream(std::move(sockets.ours), AF_UNIX,
                                             "the tunnel of repository '" + repository + "'"));
}

}  // namespace offlineimap::net
