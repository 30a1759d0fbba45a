#include <utility>

#include "offlineimap/net/stream.hpp"
#include "offlineimap/os/child.hpp"

#include "socket_stream.hpp"

namespace offlineimap::net {

namespace {

// Two pipes and no socket, as the original has them: programs take a socket for a connection from the network
// (Dovecot's imap refuses to be run by root then, bash reads other files).
class TunnelStream final : public Stream {
  public:
    TunnelStream(os::ShellChild child, std::unique_ptr<Stream> pipes) noexcept
        : child_(std::move(child)), pipes_(std::move(pipes)) {}
    TunnelStream(const TunnelStream&) = delete;
    TunnelStream& operator=(const TunnelStream&) = delete;
    ~TunnelStream() override {
        constexpr std::chrono::milliseconds kGrace{500};
        pipes_->close();
        child_.end(kGrace);
    }

    Progress exchange(std::string_view out, std::span<char> in, bool wait_for_input,
                      std::chrono::milliseconds no_progress_limit, std::stop_token stop) override {
        return pipes_->exchange(out, in, wait_for_input, no_progress_limit, std::move(stop));
    }
    std::optional<Progress> read_until(std::span<char> in, base::Deadline deadline,
                                       std::stop_token stop) override {
        return pipes_->read_until(in, deadline, std::move(stop));
    }
    bool is_encrypted() const noexcept override { return false; }
    std::string description() const override { return {}; }
    std::string peer_certificate() const override { return {}; }
    void close() noexcept override { pipes_->close(); }

  private:
    os::ShellChild child_;
    std::unique_ptr<Stream> pipes_;
};

}  // namespace

std::unique_ptr<Stream> open_tunnel(const std::string& command, const std::string& repository) {
    os::Pipe to_child = os::make_pipe();
    os::Pipe from_child = os::make_pipe();
    auto child = os::ShellChild::start(
        command, {}, {.input = to_child.read_end.get(), .output = from_child.write_end.get(), .error = -1});
    return std::make_unique<TunnelStream>(
        std::move(child), make_pipe_stream(std::move(from_child.read_end), std::move(to_child.write_end),
                                           "the tunnel of repository '" + repository + "'"));
}

}  // namespace offlineimap::net
