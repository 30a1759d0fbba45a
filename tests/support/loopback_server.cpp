#include "support/loopback_server.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace offlineimap::support {

namespace {

constexpr std::size_t kBlock = 64U << 10U;

void require(bool ok, const char* what) {
    if (!ok) throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

ServerConnection::~ServerConnection() {
    if (socket_ >= 0) ::close(socket_);
}

bool ServerConnection::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string ServerConnection::receive(std::size_t most) const {
    std::string bytes(std::min(most, kBlock), '\0');
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
}

std::string ServerConnection::receive_exactly(std::size_t count) const {
    std::string bytes;
    while (bytes.size() < count) {
        const std::string more = receive(count - bytes.size());
        if (more.empty()) break;
        bytes += more;
    }
    return bytes;
}

std::string ServerConnection::receive_all() const {
    std::string bytes;
    for (std::string more = receive(kBlock); !more.empty(); more = receive(kBlock)) bytes += more;
    return bytes;
}

void ServerConnection::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
}

LoopbackServer::LoopbackServer(Serve serve) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    require(listener_ >= 0, "cannot create a socket");
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(listener_, generic, size) == 0, "cannot bind");
    require(::listen(listener_, 16) == 0, "cannot listen");
    require(::getsockname(listener_, generic, &size) == 0, "cannot learn the port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] { run(serve); });
}

LoopbackServer::~LoopbackServer() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listener_);
}

void LoopbackServer::run(const Serve& serve) const {
    // OpenSSL writes to a client that has gone without MSG_NOSIGNAL.
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (!ending_) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ServerConnection connection(socket);
        serve(connection);
    }
}

}  // namespace offlineimap::support
