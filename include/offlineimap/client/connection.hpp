// One authenticated IMAP connection and the operations a sync needs, each a blocking call that pipelines what
// can be pipelined. The protocol itself is imap::Session's; here bytes move, answers become values, and
// refusals become outcomes or Errors.
//
// Owned by one thread at a time. Errors: Error{folder_retry, network|timeout} when the connection is lost (it
// is unusable then), Error{folder, refused} for NO/BAD to a command that has no better rule below,
// Error{repository, …} while connecting. Every call obeys `stop` within a second by throwing Cancelled (the
// connection is unusable then).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/proxy.hpp"
#include "offlineimap/base/secret.hpp"
#include "offlineimap/base/types.hpp"
#include "offlineimap/base/uid_set.hpp"
#include "offlineimap/events/reporter.hpp"
#include "offlineimap/mail/flags.hpp"
#include "offlineimap/net/stream.hpp"

namespace offlineimap::client {

// OAuth 2 access tokens for the mechanisms that take them.
class BearerTokens {
  public:
    virtual ~BearerTokens() = default;
    // Throws Error{repository, …} if there is none and none can be got.
    virtual base::Secret token(const std::stop_token& stop) = 0;
    // The server refused that one: another one to try once, nullopt if there is none that could fare better.
    virtual std::optional<base::Secret> renew(const base::Secret& refused, const std::stop_token& stop) = 0;
    virtual void accepted(const base::Secret& token) = 0;
};

// Who logs in. Asked for when authentication needs it, so that a PREAUTH tunnel or GSSAPI needs no password.
class Credentials {
  public:
    virtual ~Credentials() = default;
    virtual std::optional<std::string> user() = 0;
    // `previous_failure`: the server's reason when the last one was refused. Throws Error{repository,
    // authentication} if there is none.
    virtual base::Secret password(const std::string& previous_failure) = 0;
    virtual std::optional<std::string> authorization_identity() = 0;
    // The login worked or was refused: keep the password for further connections of this run, or forget it.
    virtual void accepted() = 0;
    virtual void refused() = 0;
    // nullptr: no OAuth 2 is configured.
    virtual BearerTokens* bearer_tokens() { return nullptr; }
};

enum class TlsMode { implicit, starttls_required, starttls_if_offered, none };

struct ConnectionSettings {
    std::string repository;  // its name, for messages
    net::Endpoint endpoint{"", 0};
    TlsMode tls_mode = TlsMode::implicit;
    net::TlsSettings tls;
    std::optional<base::Proxy> proxy;  // on the way to the server; not used for tunnels
    std::string preauth_tunnel;        // a command; empty: none
    std::string transport_tunnel;
    // PLAIN and LOGIN without TLS: in a tunnel, to a loopback address, or with `starttls = no` written.
    bool allow_clear_passwords = false;
    std::vector<std::string> auth_mechanisms;
    // By the user: what is passed over gets a line. Otherwise they are the default order.
    bool mechanisms_are_written = false;
    bool compress = false;
    std::chrono::milliseconds limit{60'000};  // of no progress, of DNS, of connecting
    std::string client_version;               // for ID
};

struct ListedMailbox {
    base::MailboxName name;               // wire form, unquoted
    std::vector<std::string> attributes;  // as sent: "\HasNoChildren"
    std::optional<char> delimiter;
};

// Where the user's own mailboxes are (RFC 2342).
struct PersonalNamespace {
    std::string prefix;  // wire form, as ListedMailbox has it
    std::optional<char> delimiter;
};

struct SelectedMailbox {
    std::uint32_t exists = 0;
    base::UidValidity uid_validity{0};
    std::optional<base::Uid> uid_next;
    base::ModSeq highest_mod_seq{0};
    std::vector<std::string> permanent_flags;
    bool read_only = false;
};

enum class Access { read_only, read_write };  // EXAMINE, SELECT

struct ListedMessage {
    base::Uid uid;
    mail::Flags flags;                  // S R F T D only
    std::vector<std::string> keywords;  // everything else the server sent, sorted, as sent (\Recent left out)
};

// Where fetched bodies go, streaming: begin, data…, then exactly one of complete, missing or broken for every
// UID asked for.
class BodyHandler {
  public:
    virtual ~BodyHandler() = default;
    // A body begins; `size` is what the server announced: a hint, never a size to allocate.
    virtual void begin(std::uint64_t size) = 0;
    virtual void data(std::string_view bytes) = 0;
    // The message that began is whole and this is its UID.
    virtual void complete(base::Uid uid) = 0;
    // The message that began must be dropped: a UID nobody asked for, a body without UID, two bodies in one
    // answer.
    virtual void abandon() = 0;
    // The server answered without this message (expunged meanwhile, NIL body).
    virtual void missing(base::Uid uid, const std::string& why) = 0;
};

// A message to append. `open` gives its bytes as they go over the wire, from the start, in pieces of any
// size; called once or twice per attempt.
struct Outgoing {
    mail::Flags flags;
    std::optional<std::chrono::sys_seconds> internal_date;
    std::uint64_t wire_size = 0;
    // Puts the next piece into `buffer` (cleared first); false at the end. Throws Error{message, io} if the
    // source fails.
    using Reader = std::function<bool(std::string& buffer)>;
    std::function<Reader()> open;
};

struct Appended {
    base::UidValidity uid_validity;
    base::Uid uid;
};                             // APPENDUID (RFC 4315)
struct AppendedUidUnknown {};  // OK without a usable APPENDUID
struct AppendRefused {
    bool quota;
    std::string text;
};  // NO: quota or a reason that stops the account
struct AppendBad {
    std::string text;
};  // BAD: this message only
// Not attempted, or the connection broke before its answer came: nobody knows whether it arrived.
struct AppendUnanswered {
    std::string why;
};
using AppendOutcome = std::variant<Appended, AppendedUidUnknown, AppendRefused, AppendBad, AppendUnanswered>;

// What identifies a message by content without its body.
struct Fingerprint {
    base::Uid uid;
    std::uint64_t size = 0;     // RFC822.SIZE
    std::string header_sha256;  // hex, of BODY.PEEK[HEADER] in mail::RecognisableForm
};

enum class FlagChange { add, remove };

class Connection {
  public:
    // Connects, negotiates TLS, authenticates, reads capabilities. Throws Error{repository, …}; of those,
    // Throttled where the server would rather have us later.
    static std::unique_ptr<Connection> open(const ConnectionSettings& settings, Credentials& credentials,
                                            const events::Reporter& reporter, std::stop_token stop);
    // The same over a stream that is connected already (and has its implicit TLS).
    static std::unique_ptr<Connection> open_over(std::unique_ptr<net::Stream> stream,
                                                 const ConnectionSettings& settings, Credentials& credentials,
                                                 const events::Reporter& reporter, std::stop_token stop);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Upper case, after login, in the server's order.
    const std::vector<std::string>& capabilities() const noexcept;
    bool has(std::string_view capability) const noexcept;
    // The server's first line, without its end.
    const std::string& greeting() const noexcept;
    bool usable() const noexcept;
    // Where debug lines go from now on: the folder that leases the connection.
    void speak_as(const events::Reporter& reporter);

    // LIST or LSUB. `pattern` goes out as it is (already wire form).
    std::vector<ListedMailbox> list(const std::string& reference, const std::string& pattern,
                                    bool subscribed_only, std::stop_token stop);
    // The first of them; nullopt if the server offers no NAMESPACE or tells none.
    std::optional<PersonalNamespace> personal_namespace(std::stop_token stop);
    // Throws Error{folder, refused|not_found} on NO, Error{folder_retry, network} when the connection is
    // lost.
    SelectedMailbox select(const base::MailboxName& mailbox, Access access, std::stop_token stop);
    // The mailbox selected now; nullopt if none.
    const std::optional<SelectedMailbox>& selected() const noexcept;
    // Leaves it and removes no message: UNSELECT, or EXAMINE and CLOSE where the server does not offer it.
    void leave_mailbox(std::stop_token stop);

    // UID FETCH 1:* (UID FLAGS), one call of `each` a message, in the server's order. Messages with a UID
    // that cannot be are reported and left out. False if messages were expunged since the mailbox was opened:
    // what was listed may not be all that there is. Open it again to ask. Throws Error{folder_retry,
    // protocol} if the server lists fewer messages than it counts: what is not listed would look deleted.
    bool fetch_flags(const std::function<void(ListedMessage)>& each, std::stop_token stop);
    // The same for some UIDs only.
    void fetch_flags(const base::UidSet& uids, const std::function<void(ListedMessage)>& each,
                     std::stop_token stop);
    // Pipelined UID FETCH … (UID BODY.PEEK[]): many messages a command, several commands in flight. The
    // messages of a command that is refused are asked for one by one, and those refused then are missing.
    // Throws Error{folder, refused} where BAD follows BAD.
    void fetch_bodies(std::span<const base::Uid> sorted_uids, BodyHandler& handler, std::stop_token stop);
    // RFC822.SIZE of these messages together; 0 if the server refuses to tell.
    std::uint64_t fetch_total_size(const base::UidSet& uids, std::stop_token stop);
    // Message by message identity, for intents and re-matching.
    std::vector<Fingerprint> fetch_fingerprints(const base::UidSet& uids, std::stop_token stop);

    // Pipelined APPENDs; LITERAL+, LITERAL- (up to 4096 bytes) or synchronising literals, as offered. One
    // outcome a message, in order. After a refusal that stops the account, messages not yet sent are
    // AppendUnanswered. A lost connection or a stop does not throw away what is known already: the outcomes
    // are returned, and the connection is unusable. A stop before any answer throws Cancelled.
    std::vector<AppendOutcome> append(const base::MailboxName& mailbox, std::span<const Outgoing> messages,
                                      std::stop_token stop);

    // UID STORE … ±FLAGS.SILENT, at most 100 UIDs a command, pipelined. Returns false with the server's text
    // for the sets that were refused.
    struct StoreRefusal {
        base::UidSet uids;
        std::string text;
    };
    std::vector<StoreRefusal> store_flags(const base::UidSet& uids, FlagChange change, mail::Flags flags,
                                          std::stop_token stop);
    // Marks \Deleted; if `expunge`: UID EXPUNGE with UIDPLUS, else EXPUNGE.
    void delete_messages(const base::UidSet& uids, bool expunge, std::stop_token stop);

    // UID SEARCH; criteria as they go over the wire. Values that need it are quoted by the caller with
    // quote().
    std::vector<base::Uid> search(const std::string& criteria, std::stop_token stop);
    static std::string quote(std::string_view text);

    // False if it exists already.
    bool create(const base::MailboxName& mailbox, std::stop_token stop);
    // Leaves the selected mailbox first. Throws Error{folder, refused} with the server's text.
    void delete_mailbox(const base::MailboxName& mailbox, std::stop_token stop);
    void noop(std::stop_token stop);
    // LOGOUT with a short limit; never throws.
    void close() noexcept;

  private:
    struct State;
    explicit Connection(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace offlineimap::client
