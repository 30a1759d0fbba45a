// An IMAP server for tests: it listens on loopback, runs a script of the test's own for each connection in a
// thread of its own, and notes everything that a client did otherwise than the script says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace offlineimap::support {

// The server's end of one connection. Every call ends the script (by an exception that the server handles)
// when the client is gone, does not keep to the script, or is silent for too long.
class ScriptedPeer {
  public:
    ScriptedPeer(int socket, std::size_t number, std::optional<std::size_t> writes) noexcept
        : socket_(socket), number_(number), writes_left_(writes) {}

    // Which connection to the server this is, from 0.
    std::size_t number() const noexcept { return number_; }
    void send(std::string_view bytes);
    // The next line without its line end.
    std::string line();
    std::string bytes(std::size_t count);
    // Waits until the client has closed; anything it says first is against the script.
    void expect_end();

    // Reads "TAG COMMAND" and returns the tag.
    std::string expect(std::string_view command);
    // Reads a command that begins so; `rest` gets what stands behind.
    std::string expect_beginning(std::string_view command, std::string* rest = nullptr);
    // Reads a line that is no command: the answer to a continuation.
    void expect_line(std::string_view line);
    // Reads "TAG APPEND …{n+}", the literal and the line end. Returns the tag; `message` gets the literal.
    std::string expect_append(std::string_view command, std::string* message = nullptr);
    // "TAG OK text".
    void ok(const std::string& tag, std::string_view text = "done");
    // A greeting, then a login as "user" with password "secret" in one round trip; afterwards the server has
    // these capabilities.
    void log_in(const std::string& capabilities = "IMAP4rev1");

    struct OffScript : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    struct Ended {};  // the client closed, or the server was told to

  private:
    void fill();

    int socket_;
    std::size_t number_;
    std::optional<std::size_t> writes_left_;
    std::string input_;
};

class ScriptedServer {
  public:
    using Script = std::function<void(ScriptedPeer&)>;
    // With `writes`, every connection is closed instead of the send() after so many.
    explicit ScriptedServer(Script script, std::optional<std::size_t> writes = std::nullopt);
    // Ends the scripts that still run.
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    // What clients did against the script, once every script has ended: waits for that. Call it when the
    // clients are gone or closed.
    std::vector<std::string> complaints();

  private:
    struct Connection {
        int socket;
        std::thread thread;
    };
    void accept_connections();
    void run_script(int socket, std::size_t number);
    void stop_accepting();

    Script script_;
    std::optional<std::size_t> writes_;
    int listener_ = -1;
    int wake_[2] = {-1, -1};
    std::uint16_t port_ = 0;
    std::mutex server_mutex_;  // guards connections_ and complaints_
    std::vector<Connection> connections_;
    std::vector<std::string> complaints_;
    std::thread acceptor_;
};

}  // namespace offlineimap::support
