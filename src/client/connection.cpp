#include "offlineimap/client/connection.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "offlineimap/base/text.hpp"
#include "offlineimap/imap/modified_utf7.hpp"
#include "offlineimap/mail/message_bytes.hpp"
#include "offlineimap/os/digest.hpp"

#include "connection_state.hpp"
#include "handshake.hpp"

namespace offlineimap::client {
namespace {

using base::Error;
using base::ErrorCode;
using base::Severity;
using imap::Condition;

constexpr std::uint64_t kUidsPerStore = 100;  // as the original
constexpr std::uint64_t kUidsPerFetch = 1000;
constexpr std::uint64_t kAnyNumber = ~std::uint64_t{0};
// No mailbox has more, whatever the server says.
constexpr std::uint32_t kMostMessages = 50'000'000;
constexpr std::uint64_t kMostFound = 20'000'000;
constexpr std::chrono::milliseconds kLogoutLimit{2000};

// What went wrong before a connection stood ends the account's sync, with the original's sentence around it.
Error while_connecting(const ConnectionSettings& settings, const Error& cause) {
    std::string why = cause.what();
    if (cause.code() == ErrorCode::timeout) why = "Remote does not answer.";
    return Error(Severity::repository, cause.code(),
                 "Could not connect to remote server '" + server_name(settings) + "' for repository '" +
                     settings.repository + "'. " + why);
}

ListedMessage listed_message(base::Uid uid, std::vector<std::string>& flags) {
    ListedMessage message{uid, {}, {}};
    for (auto& flag : flags) {
        if (const auto letter = mail::letter_of_imap_flag(flag)) {
            message.flags.add(*letter);
        } else if (!base::equals_ignoring_case(flag, "\\Recent")) {
            message.keywords.push_back(std::move(flag));
        }
    }
    std::sort(message.keywords.begin(), message.keywords.end());
    message.keywords.erase(std::unique(message.keywords.begin(), message.keywords.end()),
                           message.keywords.end());
    return message;
}

SelectedMailbox selected_mailbox(const imap::Mailbox& mailbox) {
    return SelectedMailbox{mailbox.exists,          mailbox.uid_validity,    mailbox.uid_next,
                           mailbox.highest_mod_seq, mailbox.permanent_flags, mailbox.read_only};
}

// Fingerprints as they come in, streaming each header into its digest.
class FingerprintCollector {
  public:
    explicit FingerprintCollector(const base::UidSet& asked) : asked_(asked) {}

    void take(imap::Event& event) {
        if (const auto* begins = std::get_if<imap::BodyBegins>(&event)) {
            ++headers_;
            if (begins->section == "HEADER") begin_header();
        } else if (const auto* piece = std::get_if<imap::BodyBytes>(&event)) {
            if (digest_) add_to_header(piece->bytes);
        } else if (const auto* fetched = std::get_if<imap::Fetched>(&event)) {
            take(*fetched);
        }
    }
    std::vector<Fingerprint> result() {
        std::vector<Fingerprint> all;
        all.reserve(found_.size());
        for (auto& [uid, fingerprint] : found_) all.push_back(std::move(fingerprint));
        return all;
    }

  private:
    void begin_header() {
        digest_.emplace(os::DigestKind::sha256);
        form_ = {};
    }
    void add_to_header(std::string_view bytes) {
        piece_.clear();
        form_.convert(bytes, piece_);
        digest_->update(piece_);
    }
    void take(const imap::Fetched& fetched) {
        auto digest = std::exchange(digest_, std::nullopt);
        const bool one_header = std::exchange(headers_, 0) == 1 && digest;
        if (!one_header || !fetched.uid || !fetched.size || !asked_.contains(*fetched.uid)) return;
        found_.try_emplace(*fetched.uid, Fingerprint{*fetched.uid, *fetched.size, digest->finish_hex()});
    }

    const base::UidSet& asked_;
    std::optional<os::Digest> digest_;
    mail::RecognisableForm form_;
    std::string piece_;
    int headers_ = 0;
    std::map<base::Uid, Fingerprint> found_;
};

// Different numbers, counted in memory that their repetition does not fill.
class DifferentNumbers {
  public:
    void add(std::uint32_t number) {
        numbers_.push_back(number);
        if (numbers_.size() >= next_sorting_) count();
    }
    std::size_t count() {
        std::sort(numbers_.begin(), numbers_.end());
        numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
        next_sorting_ = 2 * numbers_.size() + kSlack;
        return numbers_.size();
    }

  private:
    static constexpr std::size_t kSlack = std::size_t{1} << 20U;
    std::vector<std::uint32_t> numbers_;
    std::size_t next_sorting_ = kSlack;
};

// Hands listed messages on, and counts what the server answered.
class FlagsListing {
  public:
    // Messages with higher numbers than `last` came meanwhile, and do not count.
    FlagsListing(const std::function<void(ListedMessage)>& each, const events::Reporter& reporter,
                 std::uint32_t last = ~std::uint32_t{0})
        : each_(each), reporter_(reporter), last_(last) {}

    void take(imap::Event& event) {
        auto* fetched = std::get_if<imap::Fetched>(&event);
        if (fetched == nullptr) return;
        if (fetched->uid_is_unusable) {
            if (counts(*fetched)) {
                without_uid_.add(fetched->number.value());
                all_.add(fetched->number.value());
            }
            if (++warnings_ <= kMostWarnings) {
                reporter_(events::WarningGiven{"No usable UID in the server's answer for message number " +
                                               std::to_string(fetched->number.value()) + "; it is left out"});
            }
        } else if (fetched->uid && fetched->flags) {
            if (counts(*fetched)) {
                numbers_.add(fetched->number.value());
                all_.add(fetched->number.value());
                uids_.add(fetched->uid->value());
            }
            each_(listed_message(*fetched->uid, *fetched->flags));
        }
    }
    // How many different messages the server listed, and how many it has under no UID.
    // (Several numbers of one UID are one.)
    std::size_t messages() { return std::min(numbers_.count(), uids_.count()); }
    std::size_t messages_without_uid() { return without_uid_.count(); }
    // With a UID or without: one that is listed both ways is one.
    std::size_t all_messages() { return all_.count(); }

  private:
    bool counts(const imap::Fetched& fetched) const {
        return fetched.number.value() != 0 && fetched.number.value() <= last_;
    }

    static constexpr int kMostWarnings = 5;
    const std::function<void(ListedMessage)>& each_;
    const events::Reporter& reporter_;
    const std::uint32_t last_;
    DifferentNumbers numbers_;
    DifferentNumbers uids_;
    DifferentNumbers without_uid_;
    DifferentNumbers all_;
    int warnings_ = 0;
};

}  // namespace

// What operations share.

Error Connection::State::refusal(const std::string& attempted, const imap::Status& status,
                                 ErrorCode code) const {
    return Error(
        Severity::folder, code,
        "Repository " + repository + ": " + attempted + " was refused: " + base::printable(status.text));
}

void Connection::State::require_ok(const std::string& attempted, const imap::Status& status) const {
    if (status.condition != Condition::ok) throw refusal(attempted, status);
}

base::MailboxName Connection::State::to_wire(const base::MailboxName& mailbox) const {
    auto wire = utf8.names ? imap::decode_modified_utf7(mailbox.text()) : std::nullopt;
    const auto& text = wire ? *wire : mailbox.text();
    if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos)
        return base::MailboxName(text);
    throw Error(Severity::folder, ErrorCode::unsafe_name,
                "Repository " + repository + ": the folder name '" + base::printable(mailbox.text()) +
                    "' holds a line end or NUL and cannot be sent");
}

base::MailboxName Connection::State::from_wire(base::MailboxName mailbox) const {
    if (!utf8.names) return mailbox;
    auto encoded = imap::encode_modified_utf7(mailbox.text());
    return encoded ? base::MailboxName(std::move(*encoded)) : mailbox;
}

void Connection::State::run_for_each(const std::vector<base::UidSet>& sets, const MakeCommand& make,
                                     const OnAnswer& on_answer, const OnEvent& on_event,
                                     std::stop_token stop) {
    Operation operation(*driver, std::move(stop));
    std::map<imap::CommandId, const base::UidSet*> unanswered;
    for (const auto& set : sets) unanswered.emplace(operation.session().enqueue(make(set)), &set);
    while (!unanswered.empty()) {
        auto event = operation.next_event();
        const auto* completed = std::get_if<imap::Completed>(&event);
        if (completed == nullptr) {
            on_event(event);
        } else if (const auto command = unanswered.extract(completed->id)) {
            if (operation.gave_time(completed->id, completed->status)) {
                unanswered.emplace(operation.session().enqueue(make(*command.mapped())), command.mapped());
            } else {
                on_answer(*command.mapped(), completed->status);
            }
        }
    }
}

std::vector<base::UidSet> split_set(const base::UidSet& uids, std::uint64_t most, std::size_t most_bytes) {
    constexpr std::size_t kBytesPerRange = 22;  // "4294967295:4294967295,"
    std::vector<base::UidSet> sets;
    std::uint64_t room = 0;
    for (const auto& range : uids.ranges()) {
        std::uint64_t first = range.first.value();
        const std::uint64_t last = range.last.value();
        while (first <= last) {
            const bool full =
                sets.empty() || room == 0 || sets.back().ranges().size() * kBytesPerRange >= most_bytes;
            if (full) {
                sets.emplace_back();
                room = most;
            }
            const auto end = last - first >= room ? first + room - 1 : last;
            sets.back().add(
                {base::Uid(static_cast<std::uint32_t>(first)), base::Uid(static_cast<std::uint32_t>(end))});
            room -= end - first + 1;
            first = end + 1;
        }
    }
    return sets;
}

// Opening and closing.

std::unique_ptr<Connection> Connection::open(const ConnectionSettings& settings, Credentials& credentials,
                                             const events::Reporter& reporter, std::stop_token stop) {
    const auto& tunnel =
        settings.preauth_tunnel.empty() ? settings.transport_tunnel : settings.preauth_tunnel;
    reporter(events::Connecting{settings.endpoint.host, settings.endpoint.port, tunnel, settings.repository});
    try {
        auto stream = open_stream(settings, stop);
        return open_over(std::move(stream), settings, credentials, reporter, std::move(stop));
    } catch (const Error& error) {
        if (error.severity() >= Severity::repository) throw;
        std::throw_with_nested(while_connecting(settings, error));
    }
}

std::unique_ptr<Connection> Connection::open_over(std::unique_ptr<net::Stream> stream,
                                                  const ConnectionSettings& settings,
                                                  Credentials& credentials, const events::Reporter& reporter,
                                                  std::stop_token stop) {
    try {
        auto established = establish(std::move(stream), settings, credentials, reporter, std::move(stop));
        auto state = std::make_unique<State>();
        state->repository = settings.repository;
        state->driver = std::move(established.driver);
        state->greeting = std::move(established.greeting);
        state->utf8 = established.utf8;
        return std::unique_ptr<Connection>(new Connection(std::move(state)));
    } catch (const Error& error) {
        if (error.severity() >= Severity::repository) throw;
        std::throw_with_nested(while_connecting(settings, error));
    }
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;

void Connection::close() noexcept {
    auto& driver = *state_->driver;
    try {
        if (driver.usable()) {
            driver.set_limit(kLogoutLimit);
            driver.run(imap::logout_command(), {});
        }
    } catch (const std::exception&) {
        // The server is gone already: that is what was wanted.
    }
    driver.break_off();
}

const std::vector<std::string>& Connection::capabilities() const noexcept {
    return state_->driver->session().capabilities();
}
bool Connection::has(std::string_view capability) const noexcept {
    return state_->driver->session().has(capability);
}
const std::string& Connection::greeting() const noexcept {
    return state_->greeting;
}
bool Connection::usable() const noexcept {
    return state_->driver->usable();
}
void Connection::speak_as(const events::Reporter& reporter) {
    state_->driver->speak_as(reporter);
}

// Mailboxes.

std::vector<ListedMailbox> Connection::list(const std::string& reference, const std::string& pattern,
                                            bool subscribed_only, std::stop_token stop) {
    const auto wire_reference = state_->to_wire(base::MailboxName(reference));
    const auto wire_pattern = state_->to_wire(base::MailboxName(pattern));
    Operation operation(*state_->driver, std::move(stop));
    auto kind = imap::ListKind::all;
    if (subscribed_only) {
        kind =
            operation.session().is_rev2_only() ? imap::ListKind::subscribed_rev2 : imap::ListKind::subscribed;
    }
    std::vector<ListedMailbox> mailboxes;
    const auto command = imap::list_command(kind, wire_reference.text(), wire_pattern.text());
    const auto status = operation.run(command, [&](imap::Event& event) {
        auto* listed = std::get_if<imap::Listed>(&event);
        if (listed == nullptr || listed->subscription != (kind == imap::ListKind::subscribed)) return;
        mailboxes.push_back(
            {state_->from_wire(std::move(listed->name)), std::move(listed->attributes), listed->delimiter});
    });
    state_->require_ok("the list of mailboxes", status);
    return mailboxes;
}

std::optional<PersonalNamespace> Connection::personal_namespace(std::stop_token stop) {
    if (!has("NAMESPACE")) return std::nullopt;
    Operation operation(*state_->driver, std::move(stop));
    std::optional<PersonalNamespace> personal;
    const auto status = operation.run(imap::namespace_command(), [&](imap::Event& event) {
        auto* namespaces = std::get_if<imap::Namespaces>(&event);
        if (namespaces == nullptr || namespaces->personal.empty()) return;
        auto& first = namespaces->personal.front();
        personal =
            PersonalNamespace{state_->from_wire(base::MailboxName(first.prefix)).text(), first.delimiter};
    });
    // Nobody has to have one: a refusal says no more than an empty answer.
    if (status.condition != Condition::ok) return std::nullopt;
    return personal;
}

SelectedMailbox Connection::select(const base::MailboxName& mailbox, Access access, std::stop_token stop) {
    const auto wire = state_->to_wire(mailbox);
    state_->selected.reset();
    Operation operation(*state_->driver, std::move(stop));
    const auto status =
        operation.run(access == Access::read_only ? imap::examine_command(wire) : imap::select_command(wire));
    if (status.condition != Condition::ok) {
        const auto code = status.has_code("NONEXISTENT") ? ErrorCode::not_found : ErrorCode::refused;
        throw state_->refusal("opening mailbox '" + base::printable(mailbox.text()) + "'", status, code);
    }
    auto selected = selected_mailbox(*state_->driver->session().mailbox());
    // RFC 3501 §6.3.2: EXAMINE is read-only whether the server says so or not.
    if (access == Access::read_only) selected.read_only = true;
    state_->selected = selected;
    state_->selected_name = mailbox;
    return selected;
}

const std::optional<SelectedMailbox>& Connection::selected() const noexcept {
    return state_->selected;
}

void Connection::leave_mailbox(std::stop_token stop) {
    if (!state_->driver->session().mailbox()) return;
    Operation operation(*state_->driver, std::move(stop));
    if (has("UNSELECT")) {
        state_->selected.reset();
        if (operation.run(imap::unselect_command()).condition == Condition::ok) return;
    }
    // RFC 3501 §6.4.2: CLOSE expunges, unless the mailbox was opened by EXAMINE.
    const auto wire = state_->to_wire(state_->selected_name);
    state_->selected.reset();
    if (operation.run(imap::examine_command(wire)).condition != Condition::ok) return;
    state_->require_ok("leaving mailbox '" + base::printable(state_->selected_name.text()) + "'",
                       operation.run(imap::close_command()));
}

bool Connection::create(const base::MailboxName& mailbox, std::stop_token stop) {
    const auto wire = state_->to_wire(mailbox);
    Operation operation(*state_->driver, std::move(stop));
    const auto status = operation.run(imap::create_command(wire));
    if (status.condition == Condition::ok) return true;
    if (status.has_code("ALREADYEXISTS")) return false;
    // Servers without RFC 5530 say it in words only.
    const auto there = list("", mailbox.text(), false, operation.stop());
    const bool exists = std::any_of(there.begin(), there.end(),
                                    [&](const ListedMailbox& listed) { return listed.name == mailbox; });
    if (exists) return false;
    throw state_->refusal("creating mailbox '" + base::printable(mailbox.text()) + "'", status);
}

void Connection::delete_mailbox(const base::MailboxName& mailbox, std::stop_token stop) {
    const auto wire = state_->to_wire(mailbox);
    // Some servers refuse to delete what anybody has open.
    leave_mailbox(stop);
    Operation operation(*state_->driver, std::move(stop));
    const auto status = operation.run(imap::delete_command(wire));
    state_->require_ok("deleting mailbox '" + base::printable(mailbox.text()) + "'", status);
}

void Connection::noop(std::stop_token stop) {
    Operation operation(*state_->driver, std::move(stop));
    state_->require_ok("NOOP", operation.run(imap::noop_command()));
}

// Messages.

bool Connection::fetch_flags(const std::function<void(ListedMessage)>& each, std::stop_token stop) {
    const auto& mailbox = state_->driver->session().mailbox();
    // RFC 3501 §9: "1:*" names no message of an empty mailbox, which some servers answer with BAD.
    if (!mailbox || (mailbox->exists == 0 && mailbox->expunged == 0)) return true;
    // RFC 3501 §7.4.1: numbers behind an expunged message name others from then on, and a server's word alone
    // that messages went is no list of those that stayed.
    if (mailbox->expunged != 0) return false;
    const auto before = mailbox->exists;
    const auto where = "mailbox '" + base::printable(state_->selected_name.text()) + "'";
    if (before > kMostMessages) {
        throw Error(Severity::folder, ErrorCode::protocol,
                    "Repository " + state_->repository + ": the server counts " + std::to_string(before) +
                        " messages in " + where + ", which cannot be");
    }
    Operation operation(*state_->driver, std::move(stop));
    FlagsListing listing(each, operation.reporter(), before);
    bool is_torn = false;  // a message was listed behind an expunged one
    const auto status = operation.run(imap::uid_fetch_command("1:*", "(UID FLAGS)"), [&](imap::Event& event) {
        if (mailbox->expunged != 0 && std::holds_alternative<imap::Fetched>(event)) is_torn = true;
        listing.take(event);
    });
    state_->require_ok("the list of messages", status);
    if (is_torn) return false;
    // A message that the server counts and does not list would look like a deleted one. Some servers have one
    // that bears no UID; many such are no list of messages.
    const auto listed = listing.messages();
    const auto without_uid = listing.messages_without_uid();
    if (listed + without_uid < before || listing.all_messages() < before ||
        (without_uid > 0 && listed < without_uid)) {
        if (mailbox->expunged != 0) return false;  // some went before they were listed
        throw Error(Severity::folder_retry, ErrorCode::protocol,
                    "Repository " + state_->repository + ": the server listed only " +
                        std::to_string(listed) + " of the " + std::to_string(before) + " messages of " +
                        where);
    }
    return true;
}

void Connection::fetch_flags(const base::UidSet& uids, const std::function<void(ListedMessage)>& each,
                             std::stop_token stop) {
    FlagsListing listing(each, state_->driver->reporter());
    state_->run_for_each(
        split_set(uids, kAnyNumber),
        [](const base::UidSet& set) { return imap::uid_fetch_command(set.to_string(), "(UID FLAGS)"); },
        [&](const base::UidSet&, const imap::Status& status) {
            state_->require_ok("the list of messages", status);
        },
        [&](imap::Event& event) { listing.take(event); }, std::move(stop));
}

void Connection::fetch_bodies(std::span<const base::Uid> sorted_uids, BodyHandler& handler,
                              std::stop_token stop) {
    Operation operation(*state_->driver, std::move(stop));
    client::fetch_bodies(operation, sorted_uids, handler, [this](const imap::Status& status) {
        return state_->refusal("fetching messages", status);
    });
}

std::uint64_t Connection::fetch_total_size(const base::UidSet& uids, std::stop_token stop) {
    bool refused = false;
    std::uint64_t total = 0;
    state_->run_for_each(
        split_set(uids, kAnyNumber),
        [](const base::UidSet& set) { return imap::uid_fetch_command(set.to_string(), "(UID RFC822.SIZE)"); },
        [&](const base::UidSet&, const imap::Status& status) {
            refused = refused || status.condition != Condition::ok;
        },
        [&](imap::Event& event) {
            const auto* fetched = std::get_if<imap::Fetched>(&event);
            if (fetched != nullptr && fetched->size) total += *fetched->size;
        },
        std::move(stop));
    return refused ? 0 : total;
}

std::vector<Fingerprint> Connection::fetch_fingerprints(const base::UidSet& uids, std::stop_token stop) {
    FingerprintCollector collector(uids);
    state_->run_for_each(
        split_set(uids, kUidsPerFetch),
        [](const base::UidSet& set) {
            return imap::uid_fetch_command(set.to_string(), "(UID RFC822.SIZE BODY.PEEK[HEADER])");
        },
        [&](const base::UidSet&, const imap::Status& status) {
            state_->require_ok("fetching headers", status);
        },
        [&](imap::Event& event) { collector.take(event); }, std::move(stop));
    return collector.result();
}

std::vector<AppendOutcome> Connection::append(const base::MailboxName& mailbox,
                                              std::span<const Outgoing> messages, std::stop_token stop) {
    const auto wire = state_->to_wire(mailbox);
    Operation operation(*state_->driver, std::move(stop));
    return client::append(operation, wire, messages, state_->utf8);
}

std::vector<Connection::StoreRefusal> Connection::store_flags(const base::UidSet& uids, FlagChange change,
                                                              mail::Flags flags, std::stop_token stop) {
    std::vector<StoreRefusal> refusals;
    const auto names = mail::imap_flags_of(flags);
    if (names.empty()) return refusals;
    const auto mode = change == FlagChange::add ? imap::StoreMode::add : imap::StoreMode::remove;
    state_->run_for_each(
        split_set(uids, kUidsPerStore),
        [&](const base::UidSet& set) { return imap::uid_store_command(set, mode, names); },
        [&](const base::UidSet& set, const imap::Status& status) {
            if (status.condition != Condition::ok) refusals.push_back({set, base::printable(status.text)});
        },
        [](imap::Event&) {}, std::move(stop));
    return refusals;
}

void Connection::delete_messages(const base::UidSet& uids, bool expunge, std::stop_token stop) {
    const auto refusals = store_flags(uids, FlagChange::add, mail::Flags().add('T'), stop);
    if (!refusals.empty()) {
        throw Error(Severity::folder, ErrorCode::refused,
                    "Repository " + state_->repository +
                        ": marking messages as deleted was refused: " + refusals.front().text);
    }
    if (!expunge || uids.empty()) return;
    const auto on_answer = [&](const base::UidSet&, const imap::Status& status) {
        state_->require_ok("expunging messages", status);
    };
    if (has("UIDPLUS")) {
        state_->run_for_each(
            split_set(uids, kAnyNumber), imap::uid_expunge_command, on_answer, [](imap::Event&) {},
            std::move(stop));
    } else {
        state_->run_for_each(
            {uids}, [](const base::UidSet&) { return imap::expunge_command(); }, on_answer,
            [](imap::Event&) {}, std::move(stop));
    }
}

std::vector<base::Uid> Connection::search(const std::string& criteria, std::stop_token stop) {
    auto command = imap::uid_search_command(criteria);
    if (!command) {
        throw Error(Severity::folder, ErrorCode::general,
                    "Repository " + state_->repository + ": search criteria with a line end or NUL");
    }
    Operation operation(*state_->driver, std::move(stop));
    bool answered = false;
    std::vector<base::Uid> uids;
    const auto& mailbox = operation.session().mailbox();
    const auto status = operation.run(*command, [&](imap::Event& event) {
        const auto* found = std::get_if<imap::Found>(&event);
        if (found == nullptr) return;
        answered = true;
        // A set of a few bytes can name every UID there could be.
        const auto exists = mailbox ? std::uint64_t{mailbox->exists} + mailbox->expunged : 0;
        if (uids.size() + found->numbers.size() + found->set.size() >
            std::min(2 * exists + 1000, kMostFound)) {
            throw Error(
                Severity::folder, ErrorCode::protocol,
                "Repository " + state_->repository + ": the server finds more messages than the mailbox has");
        }
        for (const auto number : found->numbers) uids.emplace_back(number);
        for (const auto& range : found->set.ranges()) {
            for (std::uint64_t uid = range.first.value(); uid <= range.last.value(); ++uid)
                uids.emplace_back(static_cast<std::uint32_t>(uid));
        }
    });
    state_->require_ok("the search", status);
    // RFC 3501 §6.4.4 demands an answer; silence is not "no messages".
    if (!answered) {
        throw Error(Severity::folder, ErrorCode::protocol,
                    "Repository " + state_->repository + ": the server answered a search without a result");
    }
    std::sort(uids.begin(), uids.end());
    uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
    return uids;
}

std::string Connection::quote(std::string_view text) {
    if (imap::fits_quoted(text)) return imap::quoted(text);
    return "{" + std::to_string(text.size()) + "}\r\n" + std::string(text);
}

}  // namespace offlineimap::client
