// The protocol as a state machine without I/O. Commands go in by enqueue(), the server's bytes by receive();
// next() says what to do: hand these bytes to the server, get more input, or look at an event.
//
//     for (;;) {
//         auto step = session.next();
//         Send      → write them (and read meanwhile), then sent(n) and receive(…)
//         NeedInput → read, then receive(…) or end_of_input()
//         Event     → the caller's
//     }
//
// It owns tags, the order of commands, literals and their continuations, what the server can do, and the
// selected mailbox. Untagged data that nobody asked for is dropped: before login all of it (RFC 3501 §3:
// anything else there is an attack or a bug), later LIST and SEARCH without such a command. How much of it
// may come in a row is limited, so that a server cannot hold us for ever by answering nothing. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "offlineimap/base/strong.hpp"
#include "offlineimap/base/types.hpp"
#include "offlineimap/imap/command.hpp"
#include "offlineimap/imap/echo_guard.hpp"
#include "offlineimap/imap/framer.hpp"
#include "offlineimap/imap/parser.hpp"
#include "offlineimap/imap/response.hpp"

namespace offlineimap::imap {

using CommandId = base::StrongNumber<struct CommandIdTag, std::uint64_t>;

struct Mailbox {
    std::uint32_t exists = 0;
    base::UidValidity uid_validity{0};
    std::optional<base::Uid> uid_next;
    base::ModSeq highest_mod_seq{0};
    std::vector<std::string> permanent_flags;
    bool read_only = false;
    std::uint32_t expunged = 0;  // EXPUNGE responses since it was selected
};

// Events.

struct Greeted {
    Status status;  // OK or PREAUTH; capabilities were taken over
};
// Comes when the command has gone out in full, even if the server refused it earlier.
struct Completed {
    CommandId id;
    Status status;
};
// The server's part of a SASL exchange, base64 as sent; answer with respond().
struct Challenge {
    CommandId id;
    std::string text;
};
// Bytes of a command's streamed literal are wanted: supply() or abandon_output().
struct BodyWanted {
    CommandId id;
    std::uint64_t left;
};
// The content of a message: begins, then BodyBytes, then the Fetched of the whole response, which says whose
// it was. A response may hold several.
struct BodyBegins {
    base::SequenceNumber number;
    std::string section;
    std::uint64_t size;
};
struct BodyBytes {
    std::string_view bytes;  // valid until the next call
};
// Text that a person must see (RFC 3501 §7.1, ALERT), as sent.
struct Alert {
    std::string text;
};
// A line that went over the wire, for debugging; no line end, literals and secrets hidden.
enum class Direction { sent, received };
struct WireLine {
    Direction direction;
    std::string text;
};
// The server said BYE or closed the connection. Nothing follows.
struct Closed {
    std::string text;  // BYE's
    std::optional<ResponseCode> code = {};
};
// The server's bytes make no sense, or break a rule that we rely on. Nothing follows.
struct ProtocolViolation {
    std::string why;
};

// Fetched comes without the text of sections that were streamed.
using Event = std::variant<Greeted, Completed, Challenge, BodyWanted, BodyBegins, BodyBytes, Fetched, Listed,
                           Namespaces, Found, Alert, WireLine, Closed, ProtocolViolation>;

struct Send {
    std::string_view bytes;  // valid until the next call
};
struct NeedInput {};
using Step = std::variant<NeedInput, Send, Event>;

struct SessionOptions {
    bool trace = false;  // WireLine events
    std::size_t line_limit = std::size_t{1} << 20U;
    std::size_t search_line_limit = std::size_t{64} << 20U;  // while a SEARCH is unanswered
    std::size_t response_limit = std::size_t{1} << 20U;      // with literals that are not streamed
    std::size_t literal_limit = std::size_t{64} << 10U;      // one of those
    std::size_t output_limit = std::size_t{256} << 10U;      // bytes of literals waiting to be sent
    // Responses between two answers to commands: those that nobody needs, the mailboxes of a list, and,
    // beside ten for each message of the mailbox, those about messages.
    std::uint64_t most_unwanted = 1'000'000;
    std::uint64_t most_listed = 200'000;
    std::uint64_t most_fetched = 100'000;
};

class Session {
  public:
    explicit Session(SessionOptions options = {});

    // Debug lines from now on.
    void set_trace(bool trace) noexcept { options_.trace = trace; }

    CommandId enqueue(Command command);
    // Of the last command that was enqueued; 0 before the first one.
    CommandId last_id() const noexcept { return CommandId(last_id_); }
    // Takes a command back of which no byte was given out yet; false if it is too late.
    bool withdraw(CommandId id);
    // Answers a Challenge with a line in base64; "*" gives up.
    void respond(const base::Secret& line);
    // The next bytes of the literal that BodyWanted asked for; not more than were left.
    void supply(std::string_view bytes);
    // The literal's source failed: no further byte goes out, answers to earlier commands still come in. The
    // connection is good for nothing else.
    void abandon_output() noexcept { output_abandoned_ = true; }

    // `bytes` must live until next() says Send or NeedInput.
    void receive(std::string_view bytes);
    void end_of_input() noexcept { input_ended_ = true; }
    Step next();
    // So many of the bytes that Send had are gone.
    void sent(std::size_t count);

    // After OK to STARTTLS or COMPRESS: what came behind it. Input stands still until resume().
    std::string take_unread();
    enum class StreamChange { tls, compression };
    // After TLS the capabilities are forgotten (RFC 3501 §6.2.1).
    void resume(StreamChange change);

    // Commands that wait for their answer, sent or not.
    std::size_t unanswered() const noexcept;
    const std::vector<std::string>& capabilities() const noexcept { return capabilities_; }
    // `upper_case`: "LITERAL+".
    // What IMAP4rev2 includes counts as offered by a server that speaks nothing older (RFC 9051, appendix E).
    bool has(std::string_view upper_case) const noexcept;
    // A server that speaks IMAP4rev2 and nothing older.
    bool is_rev2_only() const noexcept;
    // What the server said is switched on by ENABLE (RFC 5161).
    bool has_enabled(std::string_view upper_case) const noexcept;
    // Whether the server has told its capabilities since the greeting, since TLS, or since the login.
    bool knows_capabilities() const noexcept { return knows_capabilities_; }
    bool authenticated() const noexcept;
    // What the server said, without what it was told in confidence. Events are so already.
    std::string without_echoes(std::string_view text) const { return echo_guard_.cleaned(text); }
    const std::optional<Mailbox>& mailbox() const noexcept { return mailbox_; }

  private:
    enum class State { greeting, not_authenticated, authenticated, stream_change };
    // Where the command at the head of the queue stands.
    enum class Sending { not_begun, parts, awaiting_continuation, streaming };
    struct Queued {
        CommandId id;
        Command command;
    };
    struct InFlight {
        CommandId id;
        std::string tag;
        CommandKind kind;
    };

    // Output.
    void produce_output();
    bool may_begin(CommandKind kind) const noexcept;
    bool names(std::string_view upper_case) const noexcept;
    void begin_head();
    void send_part();
    void announce_literal(std::uint64_t size);
    void send_literal();
    void drop_head();
    bool wants_body() const noexcept;
    std::string_view unsent() const noexcept;

    // Input.
    void consume_input();
    void consume(const Fragment& fragment);
    void consume(const LiteralBytes& literal);
    void consume_response(std::string_view bytes);
    void begin_literal(const Fragment& fragment);
    void handle(Tagged& tagged);
    void handle(Continuation& continuation);
    void handle(UntaggedStatus& untagged);
    void handle(Capabilities& capabilities);
    void handle(Enabled& enabled);
    void handle(Namespaces& namespaces);
    void handle(Listed& listed);
    void handle(Found& found);
    void handle(ExtendedFound& found);
    void handle(Exists& exists);
    void handle(Expunged& expunged);
    void handle(Fetched& fetched);
    void handle(Unrecognised& unrecognised);
    void greet(Status& status);
    void settle(CommandId id, Status& status);
    void complete(CommandId id, CommandKind kind, Status& status);
    void complete_login(const Status& status);
    void complete_select(const Status& status);
    void count_unwanted();
    void await_stream_change(const Status& status);
    void take_code(const Status& status);
    void take_mailbox_code(const ResponseCode& code);
    void take_uid_validity(base::UidValidity validity);
    void take_capabilities(std::vector<std::string> names);
    void give_quoted_body(Fetched& fetched);
    bool awaits(CommandKind kind) const noexcept;
    void trace(Direction direction, std::string_view text);
    void trace_quirks(const QuirkSet& quirks);
    void learn_secret_of(const Command& command);
    void conceal_echoes(Event& event) const;
    // Of what the server sent, as much as an error may show.
    std::string excerpt(std::string_view bytes, std::size_t limit) const;
    void violate(std::string why);
    void close(Status status);

    SessionOptions options_;
    State state_ = State::greeting;
    State state_after_change_ = State::greeting;
    std::optional<Event> last_word_;  // Closed or ProtocolViolation, for ever

    std::uint64_t last_id_ = 0;
    std::deque<Queued> queue_;  // not wholly given out; the head may be on its way
    Sending sending_ = Sending::not_begun;
    std::size_t next_part_ = 0;           // of the head
    std::uint64_t streamed_left_ = 0;     // of the head's literal
    std::deque<InFlight> in_flight_;      // begun and unanswered
    std::optional<Status> early_answer_;  // to the head, whose literal is still on its way
    bool output_abandoned_ = false;
    std::string output_;
    std::size_t output_sent_ = 0;
    bool output_is_secret_ = false;
    EchoGuard echo_guard_;  // what the server says goes out without the secrets that it was sent

    Framer framer_;
    bool input_ended_ = false;
    std::deque<Event> events_;
    std::string response_;             // a response with literals, while it comes in
    std::size_t line_begin_ = 0;       // in response_: behind its last literal
    bool streaming_ = false;           // the literal that comes in is a body
    std::size_t streamed_bodies_ = 0;  // of the response that comes in
    std::string quoted_body_;          // keeps BodyBytes alive

    std::vector<std::string> capabilities_;
    bool knows_capabilities_ = false;
    std::vector<std::string> enabled_;
    // Since the last answer to a command.
    std::uint64_t unwanted_ = 0;
    std::uint64_t listed_ = 0;
    std::uint64_t fetched_ = 0;
    std::uint64_t alerts_ = 0;
    std::uint64_t challenges_ = 0;
    std::optional<Mailbox> mailbox_;
};

}  // namespace offlineimap::imap
