#include "offlineimap/imap/session.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "offlineimap/base/text.hpp"

namespace offlineimap::imap {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// RFC 7162 §3.1.1: 63 bits; some servers send larger ones.
constexpr std::uint64_t kLargestModSeq = 0x7FFFFFFFFFFFFFFFU;
// RFC 7888 §5: with LITERAL- a client may send this much without being asked to.
constexpr std::uint64_t kLargestNonSynchronizingMinus = 4096;
// More alerts than this between two answers are not for a person to read.
constexpr std::uint64_t kMostAlerts = 20;
constexpr std::size_t kMostEnabled = 100;
// No mechanism has more steps in one login.
constexpr std::uint64_t kMostChallenges = 50;
// What answers about messages are counted against: no mailbox has more, whatever the server says.
constexpr std::uint64_t kMostMessages = 50'000'000;
constexpr std::uint64_t kAnswersPerMessage = 10;

// RFC 9051, appendix E: the extensions that became part of IMAP4rev2 and that some command of ours asks for.
constexpr std::array<std::string_view, 8> kPartOfRev2 = {"NAMESPACE", "UNSELECT", "UIDPLUS", "ESEARCH",
                                                         "ENABLE",    "SASL-IR",  "MOVE",    "LITERAL-"};

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with("\r\n")) line.remove_suffix(2);
    return line;
}

void wipe(std::string& text) noexcept {
    // volatile: the compiler must not drop stores to bytes that are not read again.
    for (auto& c : text) *static_cast<volatile char*>(&c) = 0;
    text.clear();
}

}  // namespace

Session::Session(SessionOptions options) : options_(options), framer_(options.line_limit) {}

CommandId Session::enqueue(Command command) {
    const CommandId id(++last_id_);
    // Answers may be long from the moment when they can come.
    if (command.kind() == CommandKind::search) framer_.set_line_limit(options_.search_line_limit);
    queue_.push_back(Queued{id, std::move(command)});
    return id;
}

bool Session::withdraw(CommandId id) {
    const auto first = queue_.begin() + (sending_ == Sending::not_begun ? 0 : 1);
    if (queue_.empty()) return false;
    const auto found =
        std::find_if(first, queue_.end(), [&](const Queued& queued) { return queued.id == id; });
    if (found == queue_.end()) return false;
    queue_.erase(found);
    return true;
}

void Session::respond(const base::Secret& line) {
    trace(Direction::sent, "[hidden]");
    echo_guard_.learn(line);
    output_is_secret_ = true;
    output_ += line.reveal();
    output_ += "\r\n";
}

void Session::supply(std::string_view bytes) {
    assert(sending_ == Sending::streaming && bytes.size() <= streamed_left_);
    output_ += bytes;
    streamed_left_ -= bytes.size();
}

void Session::receive(std::string_view bytes) {
    framer_.receive(bytes);
}

Step Session::next() {
    consume_input();
    if (!events_.empty()) {
        Event event = std::move(events_.front());
        events_.pop_front();
        conceal_echoes(event);
        return event;
    }
    if (last_word_) {
        conceal_echoes(*last_word_);
        return *last_word_;
    }
    produce_output();
    if (!events_.empty()) return next();
    if (wants_body()) return Event(BodyWanted{queue_.front().id, streamed_left_});
    if (!unsent().empty()) return Send{unsent()};
    return NeedInput{};
}

void Session::sent(std::size_t count) {
    output_sent_ += count;
    assert(output_sent_ <= output_.size());
    if (output_sent_ == output_.size()) {
        if (output_is_secret_) {
            wipe(output_);
        } else {
            output_.clear();
        }
        output_is_secret_ = false;
        output_sent_ = 0;
    } else if (output_sent_ >= options_.output_limit) {
        output_.erase(0, output_sent_);
        output_sent_ = 0;
    }
}

std::string Session::take_unread() {
    return framer_.take_unread();
}

void Session::resume(StreamChange change) {
    assert(state_ == State::stream_change);
    state_ = state_after_change_;
    if (change != StreamChange::tls) return;
    capabilities_.clear();
    knows_capabilities_ = false;
}

std::size_t Session::unanswered() const noexcept {
    return in_flight_.size() + queue_.size() - (sending_ == Sending::not_begun ? 0 : 1);
}

bool Session::names(std::string_view upper_case) const noexcept {
    return std::find(capabilities_.begin(), capabilities_.end(), upper_case) != capabilities_.end();
}

bool Session::is_rev2_only() const noexcept {
    return names("IMAP4REV2") && !names("IMAP4REV1");
}

bool Session::has(std::string_view upper_case) const noexcept {
    if (names(upper_case)) return true;
    return is_rev2_only() &&
           std::find(kPartOfRev2.begin(), kPartOfRev2.end(), upper_case) != kPartOfRev2.end();
}

bool Session::has_enabled(std::string_view upper_case) const noexcept {
    return std::find(enabled_.begin(), enabled_.end(), upper_case) != enabled_.end();
}

bool Session::authenticated() const noexcept {
    return state_ == State::authenticated ||
           (state_ == State::stream_change && state_after_change_ == State::authenticated);
}

// Output.

std::string_view Session::unsent() const noexcept {
    return std::string_view{output_}.substr(output_sent_);
}

bool Session::wants_body() const noexcept {
    return sending_ == Sending::streaming && streamed_left_ > 0 && !output_abandoned_ &&
           unsent().size() < options_.output_limit;
}

void Session::produce_output() {
    while (!queue_.empty() && !output_abandoned_ && unsent().size() < options_.output_limit) {
        switch (sending_) {
            case Sending::not_begun:
                if (!may_begin(queue_.front().command.kind())) return;
                begin_head();
                break;
            case Sending::parts:
                send_part();
                break;
            case Sending::streaming:
                if (streamed_left_ > 0) return;
                ++next_part_;
                sending_ = Sending::parts;
                break;
            case Sending::awaiting_continuation:
                return;
        }
    }
}

bool Session::may_begin(CommandKind kind) const noexcept {
    if (state_ == State::greeting || state_ == State::stream_change) return false;
    if (std::any_of(in_flight_.begin(), in_flight_.end(),
                    [](const InFlight& command) { return is_exclusive(command.kind); })) {
        return false;
    }
    if (!is_exclusive(kind)) return true;
    if (kind != CommandKind::select) return in_flight_.empty();
    // What comes in for commands before SELECT would be taken for the new mailbox's.
    return std::all_of(in_flight_.begin(), in_flight_.end(),
                       [](const InFlight& command) { return command.kind == CommandKind::background; });
}

void Session::begin_head() {
    const auto& [id, command] = queue_.front();
    const auto tag = "A" + std::to_string(id.value());
    trace(Direction::sent, tag + " " + command.description());
    learn_secret_of(command);
    in_flight_.push_back(InFlight{id, tag, command.kind()});
    if (command.kind() == CommandKind::select) mailbox_ = Mailbox{};
    if (command.kind() == CommandKind::login || command.kind() == CommandKind::authenticate) {
        // RFC 3501 §6.2.2: the capabilities may be others after the login.
        knows_capabilities_ = false;
    }
    output_ += tag;
    output_ += ' ';
    next_part_ = 0;
    sending_ = Sending::parts;
}

// Sends the next part of the head, or ends it.
void Session::send_part() {
    const auto& parts = queue_.front().command.parts();
    if (next_part_ == parts.size()) {
        output_ += "\r\n";
        drop_head();
        return;
    }
    std::visit(Overloaded{
                   [this](const std::string& text) {
                       output_ += text;
                       ++next_part_;
                   },
                   [this](const base::Secret& text) {
                       output_is_secret_ = true;
                       output_ += text.reveal();
                       ++next_part_;
                   },
                   [this](const Literal& literal) { announce_literal(literal.bytes.size()); },
                   [this](const Command::SecretLiteral& literal) {
                       announce_literal(literal.bytes.reveal().size());
                   },
                   [this](const StreamedLiteral& literal) { announce_literal(literal.size); },
               },
               parts[next_part_]);
}

// RFC 7888: "{n+}" where the server allows it, else "{n}" and wait to be asked for the bytes.
void Session::announce_literal(std::uint64_t size) {
    const bool goes_on = has("LITERAL+") || (has("LITERAL-") && size <= kLargestNonSynchronizingMinus);
    output_ += "{" + std::to_string(size) + (goes_on ? "+}\r\n" : "}\r\n");
    if (goes_on) {
        send_literal();
    } else {
        sending_ = Sending::awaiting_continuation;
    }
}

void Session::send_literal() {
    const auto& part = queue_.front().command.parts()[next_part_];
    if (const auto* streamed = std::get_if<StreamedLiteral>(&part)) {
        streamed_left_ = streamed->size;
        sending_ = Sending::streaming;
        return;
    }
    if (const auto* literal = std::get_if<Literal>(&part)) {
        output_ += literal->bytes;
    } else {
        output_is_secret_ = true;
        output_ += std::get<Command::SecretLiteral>(part).bytes.reveal();
    }
    ++next_part_;
    sending_ = Sending::parts;
}

void Session::drop_head() {
    const auto id = queue_.front().id;
    queue_.pop_front();
    sending_ = Sending::not_begun;
    if (early_answer_) {
        auto status = *std::exchange(early_answer_, std::nullopt);
        settle(id, status);
    }
}

// Input.

void Session::consume_input() {
    while (events_.empty() && !last_word_ && state_ != State::stream_change) {
        Piece piece = framer_.next();
        if (std::holds_alternative<NeedMore>(piece)) {
            if (input_ended_) close(Status{});
            return;
        }
        std::visit(Overloaded{
                       [](const NeedMore&) {},
                       [this](const Fragment& fragment) { consume(fragment); },
                       [this](const LiteralBytes& literal) { consume(literal); },
                       [this](BrokenFraming& broken) { violate(std::move(broken.why)); },
                   },
                   piece);
    }
}

void Session::consume(const Fragment& fragment) {
    const bool hidden = fragment.text.starts_with('+') && awaits(CommandKind::authenticate);
    trace(Direction::received, hidden ? "+ [hidden]" : without_line_end(fragment.text));
    if (fragment.literal) {
        begin_literal(fragment);
    } else if (response_.empty()) {
        consume_response(fragment.text);
    } else {
        response_ += fragment.text;
        consume_response(response_);
        response_.clear();
        line_begin_ = 0;
        streamed_bodies_ = 0;
    }
}

void Session::begin_literal(const Fragment& fragment) {
    response_ += fragment.content;
    const auto line = std::string_view{response_}.substr(line_begin_);
    auto body = mailbox_ ? announced_body(response_, line) : std::nullopt;
    streaming_ = body.has_value();
    const auto size = *fragment.literal;
    const auto held = streaming_ ? 0 : size;
    if (held > options_.literal_limit) return violate("a literal is larger than the limit");
    // In the response that the parser sees, a body that went by is an empty literal.
    response_ += "{" + std::to_string(held) + "}\r\n";
    if (response_.size() + held > options_.response_limit)
        return violate("a response is larger than the limit");
    line_begin_ = response_.size() + static_cast<std::size_t>(held);
    if (!streaming_) return;
    ++streamed_bodies_;
    events_.emplace_back(BodyBegins{body->number, std::move(body->section), size});
}

void Session::consume(const LiteralBytes& literal) {
    if (streaming_) {
        events_.emplace_back(BodyBytes{literal.bytes});
    } else {
        response_ += literal.bytes;
    }
}

void Session::consume_response(std::string_view bytes) {
    auto outcome = parse_response(bytes);
    if (const auto* malformed = std::get_if<Malformed>(&outcome)) {
        return violate("expected " + malformed->expected + " at byte " + std::to_string(malformed->offset) +
                       " of: " + excerpt(without_line_end(bytes), 200));
    }
    auto* parsed = std::get_if<ParsedResponse>(&outcome);
    if (parsed == nullptr || parsed->consumed != bytes.size()) {
        return violate("a literal stands where none may: " + excerpt(without_line_end(bytes), 200));
    }
    trace_quirks(parsed->quirks);
    if (state_ == State::greeting && !std::holds_alternative<UntaggedStatus>(parsed->response)) {
        return violate("the server's first line is not a greeting");
    }
    std::visit([this](auto& response) { handle(response); }, parsed->response);
}

void Session::handle(Tagged& tagged) {
    const auto command = std::find_if(in_flight_.begin(), in_flight_.end(),
                                      [&](const InFlight& candidate) { return candidate.tag == tagged.tag; });
    if (command == in_flight_.end()) return violate("an answer to no command: " + excerpt(tagged.tag, 40));
    const auto id = command->id;
    const bool on_its_way = sending_ != Sending::not_begun && queue_.front().id == id;
    if (on_its_way && tagged.status.condition == Condition::ok) {
        return violate("OK to a command that is still on its way");
    }
    if (on_its_way && sending_ != Sending::awaiting_continuation) {
        // RFC 7888 §4: a literal that was announced without asking goes out whatever the answer was; the
        // command is over when it has.
        if (early_answer_) return violate("two answers to one command");
        early_answer_ = std::move(tagged.status);
        return;
    }
    // RFC 3501 §7.5: NO or BAD instead of the continuation; the literal is not wanted.
    if (on_its_way) drop_head();
    settle(id, tagged.status);
}

void Session::settle(CommandId id, Status& status) {
    const auto command = std::find_if(in_flight_.begin(), in_flight_.end(),
                                      [id](const InFlight& candidate) { return candidate.id == id; });
    const auto kind = command->kind;
    in_flight_.erase(command);
    complete(id, kind, status);
}

void Session::handle(Continuation& continuation) {
    if (sending_ == Sending::awaiting_continuation) {
        send_literal();
    } else if (!in_flight_.empty() && in_flight_.front().kind == CommandKind::authenticate) {
        if (++challenges_ > kMostChallenges) return violate("the login does not end");
        events_.emplace_back(Challenge{in_flight_.front().id, std::move(continuation.text)});
    } else {
        violate("a continuation request that nothing waits for");
    }
}

void Session::handle(UntaggedStatus& untagged) {
    if (state_ == State::greeting) return greet(untagged.status);
    switch (untagged.status.condition) {
        case Condition::ok:
        case Condition::no:
        case Condition::bad:
            count_unwanted();
            return take_code(untagged.status);
        case Condition::preauth:
            return violate("PREAUTH after the greeting");
        case Condition::bye:
            if (!awaits(CommandKind::logout)) close(std::move(untagged.status));
            return;
    }
}

void Session::greet(Status& status) {
    switch (status.condition) {
        case Condition::ok:
            state_ = State::not_authenticated;
            break;
        case Condition::preauth:
            state_ = State::authenticated;
            break;
        case Condition::bye:
            return close(std::move(status));
        case Condition::no:
        case Condition::bad:
            return violate("the server's first line is not a greeting");
    }
    take_code(status);
    events_.emplace_back(Greeted{std::move(status)});
}

void Session::complete(CommandId id, CommandKind kind, Status& status) {
    unwanted_ = listed_ = fetched_ = alerts_ = challenges_ = 0;
    switch (kind) {
        case CommandKind::login:
        case CommandKind::authenticate:
            complete_login(status);
            break;
        case CommandKind::starttls:
        case CommandKind::compress:
            await_stream_change(status);
            break;
        case CommandKind::search:
            if (!awaits(CommandKind::search)) framer_.set_line_limit(options_.line_limit);
            break;
        case CommandKind::ordinary:
        case CommandKind::background:
        case CommandKind::enable:
        case CommandKind::namespaces:
        case CommandKind::list:
        case CommandKind::select:
        case CommandKind::logout:
            break;
        case CommandKind::unselect:
            if (status.condition == Condition::ok) mailbox_.reset();
            break;
    }
    take_code(status);
    if (kind == CommandKind::select) complete_select(status);
    events_.emplace_back(Completed{id, std::move(status)});
}

void Session::complete_login(const Status& status) {
    if (status.condition == Condition::ok) {
        state_ = State::authenticated;
    } else {
        knows_capabilities_ = true;  // those from before
    }
}

void Session::complete_select(const Status& status) {
    // RFC 3501 §6.3.1: after a failed SELECT no mailbox is selected.
    if (status.condition != Condition::ok) mailbox_.reset();
}

void Session::await_stream_change(const Status& status) {
    if (status.condition == Condition::ok) state_after_change_ = std::exchange(state_, State::stream_change);
}

void Session::take_code(const Status& status) {
    if (!status.code) return;
    const auto& code = *status.code;
    if (code.name == "ALERT") {
        if (++alerts_ <= kMostAlerts) events_.emplace_back(Alert{status.text});
    } else if (code.name == "CAPABILITY" &&
               (status.condition == Condition::ok || status.condition == Condition::preauth)) {
        take_capabilities(parse_capabilities(code.argument));
    } else if (mailbox_ && status.condition == Condition::ok) {
        take_mailbox_code(code);
    }
}

void Session::take_mailbox_code(const ResponseCode& code) {
    auto& mailbox = *mailbox_;
    const auto number = base::parse_integer<std::uint64_t>(code.argument);
    if (code.name == "UIDVALIDITY" && number && *number <= 0xFFFFFFFFU) {
        take_uid_validity(base::UidValidity(static_cast<std::uint32_t>(*number)));
    } else if (code.name == "UIDNEXT" && number) {
        mailbox.uid_next = base::Uid::make(*number);
    } else if (code.name == "HIGHESTMODSEQ" && number) {
        mailbox.highest_mod_seq = base::ModSeq(*number <= kLargestModSeq ? *number : 0);
    } else if (code.name == "NOMODSEQ") {
        mailbox.highest_mod_seq = base::ModSeq(0);
    } else if (code.name == "PERMANENTFLAGS") {
        if (auto flags = parse_flag_list(code.argument)) mailbox.permanent_flags = std::move(*flags);
    } else if (code.name == "READ-ONLY") {
        mailbox.read_only = true;
    } else if (code.name == "READ-WRITE") {
        mailbox.read_only = false;
    }
}

void Session::take_uid_validity(base::UidValidity validity) {
    // RFC 3501 §2.3.1.1: it never changes while a mailbox is selected. If it does, the UIDs that we know name
    // other messages now.
    const bool known = mailbox_->uid_validity.value() != 0 && !awaits(CommandKind::select);
    if (known && validity != mailbox_->uid_validity) {
        return violate("UIDVALIDITY changed while the mailbox was selected");
    }
    mailbox_->uid_validity = validity;
}

void Session::take_capabilities(std::vector<std::string> names) {
    capabilities_ = std::move(names);
    knows_capabilities_ = true;
}

void Session::handle(Capabilities& capabilities) {
    count_unwanted();
    take_capabilities(std::move(capabilities.names));
}

void Session::handle(Enabled& enabled) {
    count_unwanted();
    if (!awaits(CommandKind::enable)) return;
    for (auto& name : enabled.names) {
        if (enabled_.size() < kMostEnabled && !has_enabled(name)) enabled_.push_back(std::move(name));
    }
}

void Session::handle(Namespaces& namespaces) {
    if (!awaits(CommandKind::namespaces)) return count_unwanted();
    count_unwanted();
    events_.emplace_back(std::move(namespaces));
}

void Session::handle(Listed& listed) {
    if (!awaits(CommandKind::list)) return count_unwanted();
    if (++listed_ > options_.most_listed) return violate("the list of mailboxes does not end");
    events_.emplace_back(std::move(listed));
}

void Session::handle(Found& found) {
    count_unwanted();
    if (!awaits(CommandKind::search)) return;
    // RFC 9051 §6.4.4: IMAP4rev2 answers with ESEARCH; there, an empty SEARCH says nothing.
    if ((is_rev2_only() || has_enabled("IMAP4REV2")) && found.numbers.empty()) return;
    events_.emplace_back(std::move(found));
}

void Session::handle(ExtendedFound& found) {
    count_unwanted();
    // RFC 9051 §7.3.4: without the tag it is the answer to no command of ours. We only ask for UIDs.
    const bool is_ours = std::any_of(in_flight_.begin(), in_flight_.end(), [&](const InFlight& command) {
        return command.kind == CommandKind::search && command.tag == found.tag;
    });
    if (is_ours && found.has_uids) events_.emplace_back(Found{{}, std::move(found.all)});
}

void Session::handle(Exists& exists) {
    count_unwanted();
    if (!mailbox_) return;
    // RFC 3501 §7.3.1: a mailbox that is open becomes smaller by EXPUNGE only. Those that some server did not
    // tell of are gone all the same.
    if (!awaits(CommandKind::select) && exists.count < mailbox_->exists)
        mailbox_->expunged += mailbox_->exists - exists.count;
    mailbox_->exists = exists.count;
}

void Session::handle(Expunged& expunged) {
    const auto number = expunged.number.value();
    if (!mailbox_ || number == 0 || number > mailbox_->exists) return count_unwanted();
    if (mailbox_->expunged >= kMostMessages) return violate("what the server expunges does not end");
    --mailbox_->exists;
    ++mailbox_->expunged;
}

void Session::handle(Fetched& fetched) {
    if (!mailbox_) return count_unwanted();
    const auto messages =
        std::min<std::uint64_t>(mailbox_->exists + std::uint64_t{mailbox_->expunged}, kMostMessages);
    if (++fetched_ > options_.most_fetched + kAnswersPerMessage * messages)
        return violate("what the server tells of messages does not end");
    if (streamed_bodies_ == 0) give_quoted_body(fetched);
    events_.emplace_back(std::move(fetched));
}

void Session::handle(Unrecognised&) {
    count_unwanted();
}

void Session::count_unwanted() {
    if (++unwanted_ > options_.most_unwanted) violate("the server goes on and on without answering");
}

// A server may send a body as a quoted string instead of a literal.
void Session::give_quoted_body(Fetched& fetched) {
    if (fetched.sections.size() != 1 || !fetched.sections.front().text) return;
    auto& [section, text] = fetched.sections.front();
    quoted_body_ = std::exchange(*text, {});
    events_.emplace_back(BodyBegins{fetched.number, section, quoted_body_.size()});
    if (!quoted_body_.empty()) events_.emplace_back(BodyBytes{quoted_body_});
}

bool Session::awaits(CommandKind kind) const noexcept {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [kind](const InFlight& command) { return command.kind == kind; });
}

void Session::trace(Direction direction, std::string_view text) {
    if (options_.trace) events_.emplace_back(WireLine{direction, std::string(text)});
}

void Session::trace_quirks(const QuirkSet& quirks) {
    if (!options_.trace || quirks.empty()) return;
    for (const auto& [quirk, name, sample, seen] : kQuirks) {
        if (quirks.contains(quirk)) trace(Direction::received, "(quirk: " + std::string(name) + ")");
    }
}

// The last one: LOGIN's first is the user, whom errors may name.
void Session::learn_secret_of(const Command& command) {
    const base::Secret* last = nullptr;
    for (const auto& part : command.parts()) {
        if (const auto* text = std::get_if<base::Secret>(&part)) last = text;
        if (const auto* literal = std::get_if<Command::SecretLiteral>(&part)) last = &literal->bytes;
    }
    if (last != nullptr) echo_guard_.learn(*last);
}

void Session::conceal_echoes(Event& event) const {
    if (auto* completed = std::get_if<Completed>(&event)) {
        // Not the code's argument, which is no text for people: a UID may look like a password.
        completed->status.text = echo_guard_.cleaned(completed->status.text);
    } else if (auto* alert = std::get_if<Alert>(&event)) {
        alert->text = echo_guard_.cleaned(alert->text);
    } else if (auto* closed = std::get_if<Closed>(&event)) {
        closed->text = echo_guard_.cleaned(closed->text);
    } else if (auto* line = std::get_if<WireLine>(&event)) {
        if (line->direction == Direction::received) line->text = echo_guard_.cleaned(line->text);
    }
}

std::string Session::excerpt(std::string_view bytes, std::size_t limit) const {
    return base::printable(echo_guard_.cleaned(bytes), limit);
}

void Session::violate(std::string why) {
    if (!last_word_) last_word_ = ProtocolViolation{std::move(why)};
}

void Session::close(Status status) {
    if (!last_word_) last_word_ = Closed{std::move(status.text), std::move(status.code)};
}

}  // namespace offlineimap::imap
