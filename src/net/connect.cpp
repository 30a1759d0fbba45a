#include "connect.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "offlineimap/net/stream.hpp"

#include "resolver.hpp"
#include "socket_stream.hpp"

namespace offlineimap::net {

using base::Deadline;
using base::Error;
using base::ErrorCode;
using base::Severity;
namespace asio = boost::asio;

namespace {

// RFC 8305 §8: the Connection Attempt Delay.
constexpr std::chrono::milliseconds kAttemptDelay{250};

// RFC 8305 §4: the families take turns, beginning with the one that the system put first.
std::vector<Address> interleaved(const std::vector<Address>& sorted) {
    std::vector<Address> first;
    std::vector<Address> second;
    for (const auto& address : sorted)
        (address.family() == sorted.front().family() ? first : second).push_back(address);
    std::vector<Address> mixed;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) mixed.push_back(first[i]);
        if (i < second.size()) mixed.push_back(second[i]);
    }
    return mixed;
}

void set_option(int socket, int level, int option) {
    const int on = 1;
    // What a system does not offer is done without.
    ::setsockopt(socket, level, option, &on, sizeof on);
}

// Not opened by Asio: its sockets would be inherited by the commands that other threads start.
os::FileDescriptor open_socket(int family) {
#if defined(SOCK_CLOEXEC)
    os::FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
#else
    os::FileDescriptor socket(::socket(family, SOCK_STREAM, 0));
#endif
    if (!socket) return socket;
    set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    // Finds out that the other side has gone while we wait in IDLE.
    set_option(socket.get(), SOL_SOCKET, SO_KEEPALIVE);
    return socket;
}

// One race of connection attempts, each a little later than the one before; the first one to succeed wins.
class Race {
  public:
    explicit Race(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}

    // The socket and its family; nothing if all failed or the deadline passed.
    os::FileDescriptor run(const Deadline& deadline, const std::stop_token& stop) {
        const std::stop_callback wake(stop, [this] { asio::post(io_, [] {}); });
        while (winner_ == nullptr && !deadline.expired()) {
            if (stop.stop_requested()) throw base::Cancelled();
            if (next_start_due()) start_next();
            if (winner_ == nullptr && running_ == 0 && next_ == addresses_.size()) break;
            wait(deadline);
        }
        if (stop.stop_requested()) throw base::Cancelled();
        return winner_ == nullptr ? os::FileDescriptor() : os::FileDescriptor(winner_->socket.release());
    }

    int family() const noexcept { return winner_->family; }
    // Of the last attempt that failed; success if none did.
    const boost::system::error_code& failure() const noexcept { return failure_; }
    bool any_refused() const noexcept { return any_refused_; }

  private:
    using Socket = asio::generic::stream_protocol::socket;
    struct Attempt {
        Attempt(asio::io_context& io, int attempt_family, int descriptor)
            : family(attempt_family),
              socket(io, asio::generic::stream_protocol(attempt_family, 0), descriptor) {}
        int family;
        Socket socket;
    };

    bool next_start_due() const {
        return next_ < addresses_.size() && (running_ == 0 || Deadline::Clock::now() >= next_start_);
    }

    void start_next() {
        const Address& address = addresses_[next_++];
        next_start_ = Deadline::Clock::now() + kAttemptDelay;
        os::FileDescriptor socket = open_socket(address.family());
        if (!socket) return failed({errno, boost::system::system_category()});
        attempts_.push_back(std::make_unique<Attempt>(io_, address.family(), socket.get()));
        socket.release();
        ++running_;
        Attempt& attempt = *attempts_.back();
        const asio::generic::stream_protocol::endpoint to(&address.bytes, address.size);
        attempt.socket.async_connect(to, [this, &attempt](const boost::system::error_code& code) {
            --running_;
            if (code)
                failed(code);
            else if (winner_ == nullptr)
                winner_ = &attempt;
        });
    }

    void failed(const boost::system::error_code& code) {
        failure_ = code;
        any_refused_ = any_refused_ || code == asio::error::connection_refused;
    }

    void wait(const Deadline& deadline) {
        io_.restart();
        if (next_ < addresses_.size())
            io_.run_one_until(std::min(next_start_, deadline.when()));
        else
            io_.run_one_until(deadline.when());
    }

    std::vector<Address> addresses_;
    asio::io_context io_{1};
    std::vector<std::unique_ptr<Attempt>> attempts_;
    std::size_t next_ = 0;
    std::size_t running_ = 0;
    Deadline::Clock::time_point next_start_;
    Attempt* winner_ = nullptr;
    boost::system::error_code failure_;
    bool any_refused_ = false;
};

[[noreturn]] void throw_not_connected(const Race& race, const Endpoint& endpoint,
                                      const std::string& repository) {
    const std::string of_repository = "for repository '" + repository + "'";
    if (race.any_refused())
        throw Error(
            Severity::repository, ErrorCode::network,
            "Connection to host '" + endpoint.host + ":" + std::to_string(endpoint.port) + "' " +
                of_repository +
                " was refused. Make sure you have the right host and port configured and that you are "
                "actually able to access the network.");
    const std::string no_answer = "Could not connect to remote server '" + endpoint.host + "' " +
                                  of_repository + ". Remote does not answer.";
    if (race.failure())
        throw Error(Severity::repository, ErrorCode::network,
                    no_answer + " (" + race.failure().message() + ")");
    throw Error(Severity::repository, ErrorCode::timeout, no_answer);
}

}  // namespace

std::string peer_name(const Endpoint& endpoint, const std::string& repository) {
    return endpoint.host + ":" + std::to_string(endpoint.port) + " (repository '" + repository + "')";
}

std::unique_ptr<Stream> connect_until(const Endpoint& endpoint, const std::string& repository,
                                      const std::string& peer, const Deadline& deadline,
                                      const std::stop_token& stop) {
    Race race(interleaved(resolve(endpoint, repository, deadline, stop)));
    os::FileDescriptor socket = race.run(deadline, stop);
    if (!socket) throw_not_connected(race, endpoint, repository);
    return make_socket_stream(std::move(socket), race.family(), peer);
}

// NOLINTBEGIN(performance-unnecessary-value-param): stop tokens go by value everywhere, as in std::jthread
std::unique_ptr<Stream> connect_tcp(const Endpoint& endpoint, const std::string& repository,
                                    std::chrono::milliseconds limit, std::stop_token stop) {
    // NOLINTEND(performance-unnecessary-value-param)
    if (stop.stop_requested()) throw base::Cancelled();
    return connect_until(endpoint, repository, peer_name(endpoint, repository), Deadline::after(limit), stop);
}

}  // namespace offlineimap::net
