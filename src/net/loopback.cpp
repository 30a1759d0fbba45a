#include "offlineimap/net/loopback.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/child.hpp"

namespace offlineimap::net {

using base::Severity;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kLargestRequest = 16U << 10U;
// A browser sends its request at once; whoever does not, keeps nobody waiting.
constexpr milliseconds kRequestLimit{3000};
constexpr milliseconds kNap{200};

[[noreturn]] void fail(const char* attempt) {
    os::throw_errno(Severity::repository, attempt, "127.0.0.1", errno);
}

// False if the deadline passed first.
bool wait_for(int descriptor, short events, const base::Deadline& deadline, const std::stop_token& stop) {
    while (!deadline.expired()) {
        if (stop.stop_requested()) throw base::Cancelled();
        const auto left = std::min<base::Deadline::Clock::duration>(deadline.remaining(), kNap);
        pollfd watched{descriptor, events, 0};
        if (::poll(&watched, 1, static_cast<int>(std::chrono::ceil<milliseconds>(left).count())) > 0)
            return true;
    }
    return false;
}

// The target of the request line. nullopt: not a GET, or too late, or too long.
std::optional<std::string> read_target(int client, const base::Deadline& deadline,
                                       const std::stop_token& stop) {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
        if (request.size() > kLargestRequest || !wait_for(client, POLLIN, deadline, stop))
            return std::nullopt;
        std::array<char, 2048> buffer;
        const ssize_t count = ::recv(client, buffer.data(), buffer.size(), 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return std::nullopt;
        request.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (!request.starts_with("GET ")) return std::nullopt;
    const std::string rest = request.substr(4, request.find("\r\n") - 4);
    return rest.substr(0, rest.find(' '));
}

void answer(int client, const std::string& text, const base::Deadline& deadline,
            const std::stop_token& stop) {
    const std::string page =
        "<!DOCTYPE html><meta charset=\"utf-8\"><title>OfflineIMAP</title><p>" + text + "</p>\n";
    const std::string reply =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\nConnection: close\r\nContent-Length: " +
        std::to_string(page.size()) + "\r\n\r\n" + page;
    std::string_view left = reply;
    while (!left.empty() && wait_for(client, POLLOUT, deadline, stop)) {
        const ssize_t count = ::send(client, left.data(), left.size(), MSG_NOSIGNAL);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return;
        left.remove_prefix(static_cast<std::size_t>(count));
    }
    ::shutdown(client, SHUT_WR);
}

}  // namespace

LoopbackListener::LoopbackListener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (!socket_) fail("make a socket at");
    ::fcntl(socket_.get(), F_SETFD, FD_CLOEXEC);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_.get(), generic, size) < 0 || ::listen(socket_.get(), 8) < 0 ||
        ::getsockname(socket_.get(), generic, &size) < 0) {
        fail("listen at");
    }
    port_ = ntohs(address.sin_port);
    os::set_non_blocking(socket_.get());
}

bool LoopbackListener::serve(const Handler& handler, const base::Deadline& deadline,
                             const std::stop_token& stop) {
    while (wait_for(socket_.get(), POLLIN, deadline, stop)) {
        const os::FileDescriptor client(::accept(socket_.get(), nullptr, nullptr));
        if (!client) continue;
        ::fcntl(client.get(), F_SETFD, FD_CLOEXEC);
        os::set_non_blocking(client.get());
        const auto soon = base::Deadline::after(kRequestLimit);
        const auto target = read_target(client.get(), soon, stop);
        if (!target) continue;
        const auto page = handler(*target);
        answer(client.get(), page.text, soon, stop);
        if (page.is_last) return true;
    }
    return false;
}

}  // namespace offlineimap::net
