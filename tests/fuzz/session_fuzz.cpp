// Bytes of a server into a session with commands of every kind under way or waiting. Properties: a body that
// is followed by its Fetched is as long as announced; how the input was cut changes no event, as long as no
// answer comes before its command has gone out; no input makes it hang.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "offlineimap/imap/session.hpp"

namespace imap = offlineimap::imap;

namespace {

void require(bool property) {
    if (!property) std::abort();
}

// What happened, as text; bytes of bodies run together, however they came.
class Observer {
  public:
    void note(const imap::Event& event) {
        if (const auto* bytes = std::get_if<imap::BodyBytes>(&event)) {
            body_ += bytes->bytes.size();
            return;
        }
        if (const auto* begins = std::get_if<imap::BodyBegins>(&event)) {
            end_body();
            announced_ = begins->size;
        }
        if (std::holds_alternative<imap::Fetched>(event)) end_body();
        log_ += "," + std::to_string(event.index());
    }
    std::string log() const { return log_ + "+" + std::to_string(body_); }

  private:
    void end_body() {
        if (announced_) require(*announced_ == body_);
        announced_.reset();
        log_ += ":" + std::to_string(std::exchange(body_, 0));
    }

    std::string log_;
    std::uint64_t body_ = 0;
    std::optional<std::uint64_t> announced_;
};

// All of them go out at once.
void enqueue_pipelined(imap::Session& session) {
    session.enqueue(imap::list_command(imap::ListKind::all, "", "*"));
    session.enqueue(imap::uid_fetch_command("1:*", "(UID BODY.PEEK[])"));
    session.enqueue(*imap::uid_search_command("ALL"));
    session.enqueue(imap::append_command(offlineimap::base::MailboxName("INBOX"), {}, std::nullopt, 10));
    session.enqueue(imap::namespace_command());
    session.enqueue(imap::enable_command("UTF8=ACCEPT"));
}

// Each waits for the one before it.
void enqueue_exclusive(imap::Session& session) {
    session.enqueue(imap::select_command(offlineimap::base::MailboxName("other")));
    session.enqueue(imap::authenticate_command("PLAIN", std::nullopt));
    session.enqueue(imap::starttls_command());
    session.enqueue(imap::logout_command());
    session.enqueue(imap::unselect_command());
}

// Does what the session says until it wants input; false when nothing more can come.
bool run(imap::Session& session, Observer& observer) {
    for (;;) {
        const auto step = session.next();
        if (std::holds_alternative<imap::NeedInput>(step)) return true;
        if (const auto* send = std::get_if<imap::Send>(&step)) {
            session.sent(send->bytes.size());
            continue;
        }
        const auto& event = std::get<imap::Event>(step);
        if (const auto* wanted = std::get_if<imap::BodyWanted>(&event)) {
            session.supply(std::string(static_cast<std::size_t>(wanted->left), 'x'));
            continue;
        }
        observer.note(event);
        if (std::holds_alternative<imap::Challenge>(event)) session.respond(offlineimap::base::Secret("*"));
        if (std::holds_alternative<imap::Closed>(event)) return false;
        if (std::holds_alternative<imap::ProtocolViolation>(event)) return false;
    }
}

imap::SessionOptions tight_limits() {
    imap::SessionOptions options;
    options.line_limit = 500;
    options.response_limit = 1000;
    options.literal_limit = 100;
    return options;
}

void open_mailbox(imap::Session& session, Observer& observer) {
    session.receive("* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n");
    run(session, observer);
    session.enqueue(imap::select_command(offlineimap::base::MailboxName("INBOX")));
    run(session, observer);
    session.receive("* 3 EXISTS\r\n* OK [UIDVALIDITY 5] v\r\nA1 OK done\r\n");
    run(session, observer);
}

enum class Commands { pipelined, exclusive };

std::string events_of(std::string_view input, std::size_t step, Commands commands) {
    imap::Session session(tight_limits());
    Observer observer;
    open_mailbox(session, observer);
    if (commands == Commands::pipelined) enqueue_pipelined(session);
    if (commands == Commands::exclusive) enqueue_exclusive(session);
    bool goes_on = run(session, observer);
    while (goes_on && !input.empty()) {
        session.receive(input.substr(0, step));
        input.remove_prefix(std::min(step, input.size()));
        goes_on = run(session, observer);
    }
    return observer.log();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto whole = events_of(input, std::max<std::size_t>(size, 1), Commands::pipelined);
    require(events_of(input, 1, Commands::pipelined) == whole);
    require(events_of(input, 7, Commands::pipelined) == whole);
    events_of(input, 1, Commands::exclusive);
    return 0;
}
