// A server on 127.0.0.1 for one test: each connection is handed to a function, one after the other, in the
// server's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace offlineimap::support {

// A connected socket on the server's side; blocking, closed by the server. Reads give up after ten seconds,
// so that a failing test ends.
class ServerConnection {
  public:
    explicit ServerConnection(int socket) noexcept : socket_(socket) {}
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;
    ~ServerConnection();

    int socket() const noexcept { return socket_; }
    // False when the client has gone.
    bool send(std::string_view bytes) const;
    // Up to `most` bytes; empty at the end.
    std::string receive(std::size_t most) const;
    std::string receive_exactly(std::size_t count) const;
    std::string receive_all() const;
    // The client gets a reset instead of an end.
    void reset();

  private:
    int socket_;
};

class LoopbackServer {
  public:
    using Serve = std::function<void(ServerConnection&)>;
    explicit LoopbackServer(Serve serve);
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;
    // Waits for the connection that is being served: close the client first.
    ~LoopbackServer();

    std::uint16_t port() const noexcept { return port_; }

  private:
    void run(const Serve& serve) const;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace offlineimap::support
