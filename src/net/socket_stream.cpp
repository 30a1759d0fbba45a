#include "socket_stream.hpp"

#include <cassert>
#include <signal.h>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

namespace offlineimap::net {

using base::Deadline;
using base::Error;
using base::ErrorCode;
using base::Severity;
namespace asio = boost::asio;

namespace {

void throw_if_stopped(const std::stop_token& stop) {
    if (stop.stop_requested()) throw base::Cancelled();
}

bool would_block(const boost::system::error_code& code) {
    return code == asio::error::would_block || code == asio::error::try_again ||
           code == asio::error::interrupted;
}

using boost::system::error_code;

// Both directions over one connected socket.
class SocketEnds {
  public:
    SocketEnds(asio::io_context& io, os::FileDescriptor socket, int family)
        : socket_(io, asio::generic::stream_protocol(family, 0), socket.get()) {
        socket.release();
        socket_.non_blocking(true);
    }
    std::size_t write(std::string_view bytes, error_code& failure) {
        return socket_.write_some(asio::buffer(bytes.data(), bytes.size()), failure);
    }
    std::size_t read(std::span<char> in, error_code& failure) {
        return socket_.read_some(asio::buffer(in.data(), in.size()), failure);
    }
    template <class Handler>
    void wait_readable(Handler handler) {
        socket_.async_wait(asio::socket_base::wait_read, std::move(handler));
    }
    template <class Handler>
    void wait_writable(Handler handler) {
        socket_.async_wait(asio::socket_base::wait_write, std::move(handler));
    }
    void close() noexcept {
        error_code ignored;
        socket_.close(ignored);
    }

  private:
    asio::generic::stream_protocol::socket socket_;
};

// While it lives, writing to a pipe that nobody reads is an error of this thread's and no signal.
class NoBrokenPipeSignal {
  public:
    NoBrokenPipeSignal() noexcept {
        ::sigemptyset(&broken_pipe_);
        ::sigaddset(&broken_pipe_, SIGPIPE);
        sigset_t pending;
        ::sigemptyset(&pending);
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
    }
    NoBrokenPipeSignal(const NoBrokenPipeSignal&) = delete;
    NoBrokenPipeSignal& operator=(const NoBrokenPipeSignal&) = delete;
    ~NoBrokenPipeSignal() {
        sigset_t pending;
        ::sigemptyset(&pending);
        ::sigpending(&pending);
        int taken = 0;
        // Ours, and pending, so that this does not wait.
        if (!was_pending_ && ::sigismember(&pending, SIGPIPE) == 1) ::sigwait(&broken_pipe_, &taken);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

  private:
    sigset_t broken_pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

// A pipe for each direction.
class PipeEnds {
  public:
    PipeEnds(asio::io_context& io, os::FileDescriptor input, os::FileDescriptor output)
        : input_(io), output_(io) {
        input_.assign(input.get());
        input.release();
        output_.assign(output.get());
        output.release();
        input_.non_blocking(true);
        output_.non_blocking(true);
    }
    std::size_t write(std::string_view bytes, error_code& failure) {
        const NoBrokenPipeSignal quiet;
        return output_.write_some(asio::buffer(bytes.data(), bytes.size()), failure);
    }
    std::size_t read(std::span<char> in, error_code& failure) {
        return input_.read_some(asio::buffer(in.data(), in.size()), failure);
    }
    template <class Handler>
    void wait_readable(Handler handler) {
        input_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(handler));
    }
    template <class Handler>
    void wait_writable(Handler handler) {
        output_.async_wait(asio::posix::stream_descriptor::wait_write, std::move(handler));
    }
    void close() noexcept {
        error_code ignored;
        input_.close(ignored);
        output_.close(ignored);
    }

  private:
    asio::posix::stream_descriptor input_;
    asio::posix::stream_descriptor output_;
};

// Reads and writes are plain non-blocking calls: while data is there, one system call each. Asio's reactor is
// asked only when neither can go on; its wait carries the limit, so that no timer is needed.
template <class Ends>
class DescriptorStream final : public Stream {
  public:
    template <class... Arguments>
    explicit DescriptorStream(std::string peer, Arguments&&... arguments)
        : ends_(io_, std::forward<Arguments>(arguments)...), peer_(std::move(peer)) {}

    Progress exchange(std::string_view out, std::span<char> in, bool wait_for_input,
                      std::chrono::milliseconds no_progress_limit, std::stop_token stop) override {
        assert(!in.empty() || !wait_for_input);
        throw_if_stopped(stop);
        Progress total;
        std::optional<Deadline> deadline;
        for (;;) {
            const bool moved = move_bytes(out, in, total);
            const bool all_written = total.written == out.size();
            if (total.read > 0 || total.end_of_stream || (all_written && !wait_for_input)) return total;
            if (moved || !deadline) deadline = Deadline::after(no_progress_limit);
            if (!wait(in.empty() ? Wait::write : all_written ? Wait::read : Wait::both, *deadline, stop))
                throw_timeout(no_progress_limit);
        }
    }

    std::optional<Progress> read_until(std::span<char> in, Deadline deadline, std::stop_token stop) override {
        throw_if_stopped(stop);
        Progress total;
        for (;;) {
            move_bytes({}, in, total);
            if (total.read > 0 || total.end_of_stream) return total;
            if (!wait(Wait::read, deadline, stop)) return std::nullopt;
        }
    }

    bool is_encrypted() const noexcept override { return false; }
    std::string description() const override { return {}; }
    std::string peer_certificate() const override { return {}; }
    void close() noexcept override { ends_.close(); }

  private:
    enum class Wait { read, write, both };

    // What can be moved now, in both directions. True if anything was.
    bool move_bytes(std::string_view out, std::span<char> in, Progress& total) {
        error_code write_failure;
        const std::size_t written = write_some(out.substr(total.written), write_failure);
        total.written += written;
        // A server that says BYE and closes makes our writes fail: what it said is read first.
        const bool read = in.empty() ? false : read_some(in, total);
        if (write_failure && !read) throw_lost(write_failure);
        return written > 0 || read;
    }

    std::size_t write_some(std::string_view bytes, error_code& failure) {
        if (bytes.empty()) return 0;
        const std::size_t count = ends_.write(bytes, failure);
        if (would_block(failure)) failure.clear();
        return count;
    }

    bool read_some(std::span<char> in, Progress& total) {
        error_code failure;
        total.read = ends_.read(in, failure);
        total.end_of_stream = failure == asio::error::eof;
        if (failure && !total.end_of_stream && !would_block(failure)) throw_lost(failure);
        return !failure || total.end_of_stream;
    }

    // False when the deadline passed. May return early for no reason: the callers try and wait again.
    bool wait(Wait direction, const Deadline& deadline, const std::stop_token& stop) {
        // A wait that an earlier call left behind is used again.
        if (direction != Wait::write && !std::exchange(read_armed_, true))
            ends_.wait_readable([this](const error_code&) { read_armed_ = false; });
        if (direction != Wait::read && !std::exchange(write_armed_, true))
            ends_.wait_writable([this](const error_code&) { write_armed_ = false; });
        const std::stop_callback wake(stop, [this] { asio::post(io_, [] {}); });
        io_.restart();
        const bool woken = deadline.is_never() ? io_.run_one() > 0 : io_.run_one_until(deadline.when()) > 0;
        throw_if_stopped(stop);
        return woken;
    }

    [[noreturn]] void throw_lost(const error_code& reason) const {
        throw Error(Severity::folder_retry, ErrorCode::network,
                    "Connection to " + peer_ + " lost: " + reason.message());
    }
    [[noreturn]] void throw_timeout(std::chrono::milliseconds limit) const {
        const auto seconds = static_cast<double>(limit.count()) / 1000;
        std::string number = std::to_string(seconds);
        number.erase(number.find_last_not_of('0') + 1);
        if (number.back() == '.') number.pop_back();
        throw Error(Severity::folder_retry, ErrorCode::timeout,
                    "No answer from " + peer_ + " for " + number + " seconds");
    }

    asio::io_context io_{1};
    Ends ends_;
    std::string peer_;
    bool read_armed_ = false;
    bool write_armed_ = false;
};

}  // namespace

std::unique_ptr<Stream> make_socket_stream(os::FileDescriptor socket, int family, std::string peer) {
    return std::make_unique<DescriptorStream<SocketEnds>>(std::move(peer), std::move(socket), family);
}

std::unique_ptr<Stream> make_pipe_stream(os::FileDescriptor input, os::FileDescriptor output,
                                         std::string peer) {
    return std::make_unique<DescriptorStream<PipeEnds>>(std::move(peer), std::move(input), std::move(output));
}

}  // namespace offlineimap::net
