// The short loop between a session and its stream: it does what the session says until there is an event.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "offlineimap/events/reporter.hpp"
#include "offlineimap/imap/session.hpp"
#include "offlineimap/imap/throttling.hpp"
#include "offlineimap/net/stream.hpp"

namespace offlineimap::client {

// Whether a refusal is about how fast we are, and not about what was asked for.
bool asks_for_time(const imap::Status& status);

// Once a call has thrown, the driver is not usable() any more.
class Driver {
  public:
    // `peer` for messages: "server 'imap.example.org' of repository 'R'".
    Driver(std::unique_ptr<net::Stream> stream, std::string peer, std::chrono::milliseconds limit,
           const events::Reporter& reporter);

    imap::Session& session() noexcept { return session_; }
    const imap::Session& session() const noexcept { return session_; }
    const net::Stream& stream() const noexcept { return *stream_; }
    const events::Reporter& reporter() const noexcept { return reporter_; }
    void speak_as(const events::Reporter& reporter);
    void set_limit(std::chrono::milliseconds limit) noexcept { limit_ = limit; }

    // What a server means that asks for less (imap::throttle_of). Until the login is over: that it takes no
    // more connections, whatever it says it to. Until the connection stands: the same for BYE.
    enum class Phase { logging_in, settling, working };
    void enter(Phase phase) noexcept { phase_ = phase; }

    // The session's next event but for debug lines and alerts, which are reported. Throws
    // Error{folder_retry, network} when the server closed the connection, Error{folder, protocol} when its
    // bytes make no sense, Throttled before the connection stands, and what the stream throws.
    imap::Event next_event(const std::stop_token& stop);
    // Sends the command and waits for its answer; other events go to `other`.
    imap::Status run(imap::Command command, const std::stop_token& stop);
    imap::Status run(imap::Command command, const std::stop_token& stop,
                     const std::function<void(imap::Event&)>& other);

    // If this command's answer asks for some time, and not for more than is reasonable: says so, waits, and
    // returns true. The command may be sent again then. Many that were under way at once are waited for once.
    // Throws Cancelled at a stop.
    bool gave_time(imap::CommandId id, const imap::Status& status, const std::stop_token& stop);

    using Wrap = std::function<std::unique_ptr<net::Stream>(std::unique_ptr<net::Stream>)>;
    // After STARTTLS or COMPRESS: puts another stream over this one.
    void change_stream(imap::Session::StreamChange change, const Wrap& wrap);

    bool usable() const noexcept { return usable_; }
    // Closes the stream at once.
    void break_off() noexcept;

  private:
    imap::Event next_session_event(const std::stop_token& stop);
    bool is_reported(const imap::Event& event) const;
    void refuse_last_word(const imap::Event& event) const;
    void refuse_throttling(const imap::Event& event) const;
    void refuse_throttling(const imap::Status& status) const;

    std::unique_ptr<net::Stream> stream_;
    std::string peer_;
    std::chrono::milliseconds limit_;
    events::Reporter reporter_;
    imap::Session session_;
    const std::string number_;  // for debug lines
    std::vector<char> buffer_;
    bool usable_ = true;
    Phase phase_ = Phase::logging_in;
    std::chrono::milliseconds waited_{0};  // on the server's wish, since something went well
    imap::CommandId last_before_wait_{0};
};

// One operation on a connection: the driver with the caller's wish to stop. If it ends by an exception with
// commands unanswered, the connection is broken off: their answers would be taken for those of the next one.
class Operation {
  public:
    Operation(Driver& driver, std::stop_token stop) noexcept;
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    imap::Session& session() noexcept { return driver_.session(); }
    const events::Reporter& reporter() const noexcept { return driver_.reporter(); }
    const std::stop_token& stop() const noexcept { return stop_; }
    imap::Event next_event() { return driver_.next_event(stop_); }
    // A server that asks for time gets it.
    imap::Status run(const imap::Command& command) {
        return run(command, [](imap::Event&) {});
    }
    imap::Status run(const imap::Command& command, const std::function<void(imap::Event&)>& other);
    bool gave_time(imap::CommandId id, const imap::Status& status) {
        return driver_.gave_time(id, status, stop_);
    }
    void break_off() noexcept { driver_.break_off(); }

  private:
    Driver& driver_;
    std::stop_token stop_;
    int exceptions_;
};

}  // namespace offlineimap::client
