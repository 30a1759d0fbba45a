#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace offlineimap::support {
namespace {

// A client that is silent for so long is not coming back.
constexpr int kPatienceMilliseconds = 20'000;

void require(bool success, const char* what) {
    if (!success) throw std::system_error(errno, std::generic_category(), what);
}

std::string quoted(std::string_view text) {
    return "'" + std::string(text.substr(0, 300)) + "'";
}

}  // namespace

void ScriptedPeer::send(std::string_view bytes) {
    if (writes_left_) {
        if (*writes_left_ == 0) throw Ended{};
        --*writes_left_;
    }
    while (!bytes.empty()) {
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw Ended{};
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void ScriptedPeer::fill() {
    pollfd ready{socket_, POLLIN, 0};
    const int count = ::poll(&ready, 1, kPatienceMilliseconds);
    if (count < 0 && errno == EINTR) return;
    if (count == 0) throw OffScript("the client is silent");
    char buffer[65536];
    const auto size = ::recv(socket_, buffer, sizeof buffer, 0);
    if (size <= 0) throw Ended{};
    input_.append(buffer, static_cast<std::size_t>(size));
}

std::string ScriptedPeer::line() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == std::string::npos) fill();
    auto text = input_.substr(0, end);
    input_.erase(0, end + 2);
    return text;
}

std::string ScriptedPeer::bytes(std::size_t count) {
    while (input_.size() < count) fill();
    auto text = input_.substr(0, count);
    input_.erase(0, count);
    return text;
}

void ScriptedPeer::expect_end() {
    for (;;) {
        if (!input_.empty()) throw OffScript("expected the end, got " + quoted(input_));
        fill();
    }
}

std::string ScriptedPeer::expect(std::string_view command) {
    std::string rest;
    auto tag = expect_beginning(command, &rest);
    if (!rest.empty()) throw OffScript("expected " + quoted(command) + ", got more: " + quoted(rest));
    return tag;
}

std::string ScriptedPeer::expect_beginning(std::string_view command, std::string* rest) {
    const auto text = line();
    const auto blank = text.find(' ');
    const bool fits =
        blank != std::string::npos && std::string_view{text}.substr(blank + 1).starts_with(command);
    if (!fits) throw OffScript("expected " + quoted(command) + ", got " + quoted(text));
    if (rest != nullptr) *rest = text.substr(blank + 1 + command.size());
    return text.substr(0, blank);
}

void ScriptedPeer::expect_line(std::string_view expected) {
    const auto text = line();
    if (text != expected) throw OffScript("expected line " + quoted(expected) + ", got " + quoted(text));
}

std::string ScriptedPeer::expect_append(std::string_view command, std::string* message) {
    std::string rest;
    auto tag = expect_beginning(command, &rest);
    const auto whole = std::string(command) + rest;
    const auto brace = whole.rfind('{');
    if (brace == std::string::npos || !whole.ends_with('}')) throw OffScript("no literal: " + quoted(whole));
    if (!whole.ends_with("+}")) send("+ go on\r\n");
    auto literal = bytes(std::stoul(whole.substr(brace + 1)));
    if (message != nullptr) *message = std::move(literal);
    expect_line("");
    return tag;
}

void ScriptedPeer::ok(const std::string& tag, std::string_view text) {
    send(tag + " OK " + std::string(text) + "\r\n");
}

void ScriptedPeer::log_in(const std::string& capabilities) {
    send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n");
    // NUL "user" NUL "secret".
    ok(expect("AUTHENTICATE PLAIN AHVzZXIAc2VjcmV0"), "[CAPABILITY " + capabilities + "] welcome");
}

ScriptedServer::ScriptedServer(Script script, std::optional<std::size_t> writes)
    : script_(std::move(script)), writes_(writes) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(listener_ >= 0, "socket");
    require(::pipe(wake_) == 0, "pipe");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(listener_, generic, size) == 0, "bind");
    require(::listen(listener_, 16) == 0, "listen");
    require(::getsockname(listener_, generic, &size) == 0, "getsockname");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_connections(); });
}

ScriptedServer::~ScriptedServer() {
    stop_accepting();
    {
        const std::lock_guard lock(server_mutex_);
        for (const auto& connection : connections_) ::shutdown(connection.socket, SHUT_RDWR);
    }
    for (auto& connection : connections_) {
        if (connection.thread.joinable()) connection.thread.join();
        ::close(connection.socket);
    }
    ::close(listener_);
    ::close(wake_[0]);
    ::close(wake_[1]);
}

std::vector<std::string> ScriptedServer::complaints() {
    stop_accepting();
    for (auto& connection : connections_) {
        if (connection.thread.joinable()) connection.thread.join();
    }
    const std::lock_guard lock(server_mutex_);
    return complaints_;
}

void ScriptedServer::stop_accepting() {
    if (!acceptor_.joinable()) return;
    const char byte = 0;
    require(::write(wake_[1], &byte, 1) == 1, "write");
    acceptor_.join();
}

void ScriptedServer::accept_connections() {
    for (;;) {
        pollfd ready[2] = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0) continue;
        // A connection that waits is taken even when the test has ended: its script must have run.
        if (ready[1].revents == 0) return;
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        const std::lock_guard lock(server_mutex_);
        // What a script sends in two pieces arrives in two, at once.
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto number = connections_.size();
        connections_.push_back({socket, std::thread([this, socket, number] { run_script(socket, number); })});
    }
}

void ScriptedServer::run_script(int socket, std::size_t number) {
    try {
        ScriptedPeer peer(socket, number, writes_);
        script_(peer);
    } catch (const ScriptedPeer::Ended&) {
        // The script says nothing about how it ends.
    } catch (const std::exception& failure) {
        const std::lock_guard lock(server_mutex_);
        complaints_.emplace_back(failure.what());
    }
    ::shutdown(socket, SHUT_RDWR);
}

}  // namespace offlineimap::support
