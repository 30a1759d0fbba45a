// What we say to a server. A command is text and literals; the session gives it its tag and decides how a
// literal is announced. Text of foreign origin enters only through string() and secret_string(), which quote
// it or make it a literal: nothing in a name can end a line or begin another command.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "offlineimap/base/secret.hpp"
#include "offlineimap/base/types.hpp"
#include "offlineimap/base/uid_set.hpp"

namespace offlineimap::imap {

// What the session has to know about a command. An exclusive one goes out when nothing is unanswered, and
// nothing goes out before it is answered.
enum class CommandKind {
    ordinary,
    background,    // its answer concerns nobody (ID): SELECT need not wait for it
    enable,        // its answer says what is switched on
    namespaces,    // its answer brings Namespaces
    list,          // its answer brings Listed
    search,        // its answer brings Found
    select,        // exclusive; replaces the selected mailbox
    unselect,      // exclusive; afterwards no mailbox is selected
    login,         // exclusive; OK authenticates
    authenticate,  // exclusive; challenges and responses; OK authenticates
    starttls,      // exclusive; OK ends the plain stream
    compress,      // exclusive; OK begins the compressed stream
    logout,        // exclusive; BYE is welcome
};
bool is_exclusive(CommandKind kind) noexcept;

// A literal that is at hand.
struct Literal {
    std::string bytes;
};
// A literal that is supplied while it is sent.
struct StreamedLiteral {
    std::uint64_t size;
};
// A string that holds NUL cannot go over the wire in any form (RFC 3501 §9, CHAR8).
bool can_be_sent(std::string_view text) noexcept;

class Command {
  public:
    struct SecretLiteral {
        base::Secret bytes;
    };
    // std::string and Secret go out as they are.
    using Part = std::variant<std::string, base::Secret, Literal, SecretLiteral, StreamedLiteral>;

    // `text` goes out as it is, behind the tag and a blank.
    Command(CommandKind kind, std::string_view text);

    // As it is. Precondition: no CR, LF or NUL, nothing of foreign origin.
    Command& text(std::string_view text);
    // A quoted string if it is 7-bit without CR and LF, else a literal. Precondition: can_be_sent().
    Command& string(std::string_view foreign);
    Command& secret_string(const base::Secret& foreign);
    // As it is, hidden from debug lines.
    Command& secret_text(base::Secret secret);
    Command& literal(std::string bytes);
    Command& streamed(std::uint64_t size);

    CommandKind kind() const noexcept { return kind_; }
    const std::vector<Part>& parts() const noexcept { return parts_; }
    // For debug lines: literals as sizes, secrets hidden.
    std::string description() const;

  private:
    CommandKind kind_;
    std::vector<Part> parts_;
};

// `"…"` with `"` and `\` escaped. Precondition: no CR, LF or NUL.
std::string quoted(std::string_view text);
// Whether a quoted string can carry it (RFC 3501 §9: TEXT-CHAR is 7-bit without CR and LF).
bool fits_quoted(std::string_view text) noexcept;
// "dd-Mon-yyyy HH:MM:SS +zzzz" (RFC 3501 §9, date-time) in the zone `utc_offset` east of Greenwich; nullopt
// for years before 1981 or after 9999, which the original leaves out.
std::optional<std::string> date_time(std::chrono::sys_seconds when, std::chrono::seconds utc_offset);

// The commands. Names come unquoted, in wire form. Precondition: can_be_sent() for every name.
Command capability_command();
Command noop_command();
Command logout_command();
Command starttls_command();
Command compress_command();
Command enable_command(std::string_view extension);
Command namespace_command();
Command id_command(std::span<const std::pair<std::string, std::string>> fields);
Command login_command(std::string_view user, const base::Secret& password);
// `initial_response` in base64 (RFC 4959); nullopt: the server asks for it.
Command authenticate_command(std::string_view mechanism, const std::optional<base::Secret>& initial_response);
// `subscribed` is LSUB; `subscribed_rev2` what IMAP4rev2 has in its place (RFC 9051, appendix E).
enum class ListKind { all, subscribed, subscribed_rev2 };
Command list_command(ListKind kind, std::string_view reference, std::string_view pattern);
Command select_command(const base::MailboxName& mailbox);
Command examine_command(const base::MailboxName& mailbox);
// RFC 3691: leaves the selected mailbox and removes nothing.
Command unselect_command();
// RFC 3501 §6.4.2: leaves it too, and removes messages marked \Deleted unless it was opened by EXAMINE.
Command close_command();
Command create_command(const base::MailboxName& mailbox);
Command delete_command(const base::MailboxName& mailbox);
// `set` and `items` as they go over the wire: "1:3,7", "(UID FLAGS)".
Command uid_fetch_command(std::string_view set, std::string_view items);
enum class StoreMode { add, remove };
Command uid_store_command(const base::UidSet& uids, StoreMode mode, const std::vector<std::string>& flags);
Command expunge_command();
Command uid_expunge_command(const base::UidSet& uids);
// Criteria as they go over the wire, literals as `{n}` CRLF and bytes; nullopt if CR, LF or NUL stands
// anywhere else.
std::optional<Command> uid_search_command(std::string_view criteria);
// How a message goes out: as a literal, or as one that is marked as holding UTF-8 in its header (RFC 6855
// §4).
enum class MessageForm { plain, utf8 };
Command append_command(const base::MailboxName& mailbox, const std::vector<std::string>& flags,
                       const std::optional<std::string>& date_time, std::uint64_t size,
                       MessageForm form = MessageForm::plain);

}  // namespace offlineimap::imap
