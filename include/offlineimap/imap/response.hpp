// What a server says, as values, in the words of RFC 3501 §7. Responses that this program has no use for are
// Unrecognised, whatever they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/base/uid_set.hpp"

namespace offlineimap::imap {

enum class Condition { ok, no, bad, preauth, bye };

// "[APPENDUID 38505 3955]": name in upper case, the rest as sent.
struct ResponseCode {
    std::string name;
    std::string argument;
    bool operator==(const ResponseCode&) const = default;
};

struct Status {
    Condition condition = Condition::ok;
    std::optional<ResponseCode> code;
    std::string text;  // for people; as sent
    bool has_code(std::string_view name) const noexcept { return code && code->name == name; }
    bool operator==(const Status&) const = default;
};

// The answer to a command.
struct Tagged {
    std::string tag;
    Status status;
    bool operator==(const Tagged&) const = default;
};
// "+ …": the server waits for the rest of a command.
struct Continuation {
    std::string text;
    bool operator==(const Continuation&) const = default;
};
// An untagged OK, NO, BAD, PREAUTH or BYE.
struct UntaggedStatus {
    Status status;
    bool operator==(const UntaggedStatus&) const = default;
};
struct Capabilities {
    std::vector<std::string> names;  // upper case, in the server's order
    bool operator==(const Capabilities&) const = default;
};
// LIST and LSUB.
struct Listed {
    bool subscription = false;            // LSUB
    std::vector<std::string> attributes;  // as sent
    std::optional<char> delimiter;
    base::MailboxName name;
    bool operator==(const Listed&) const = default;
};
// ENABLED (RFC 5161): what is switched on now.
struct Enabled {
    std::vector<std::string> names;  // upper case
    bool operator==(const Enabled&) const = default;
};
// NAMESPACE (RFC 2342): of the three kinds, the personal ones.
struct Namespaces {
    struct Personal {
        std::string prefix;  // as sent: wire form
        std::optional<char> delimiter;
        bool operator==(const Personal&) const = default;
    };
    std::vector<Personal> personal;
    bool operator==(const Namespaces&) const = default;
};
// What a search found: message numbers or UIDs, whichever was asked for. SEARCH has numbers; the session
// gives the set of an ESEARCH in the same event.
struct Found {
    std::vector<std::uint32_t> numbers;
    base::UidSet set = {};
    bool operator==(const Found&) const = default;
};
// ESEARCH (RFC 4731, RFC 9051 §7.3.4).
struct ExtendedFound {
    std::optional<std::string> tag;  // of the command that it answers
    bool has_uids = false;
    base::UidSet all;  // empty also if nothing was found
    bool operator==(const ExtendedFound&) const = default;
};
struct Exists {
    std::uint32_t count;
    bool operator==(const Exists&) const = default;
};
struct Expunged {
    base::SequenceNumber number;
    bool operator==(const Expunged&) const = default;
};

// BODY[section]<origin>, and RFC822, RFC822.HEADER, RFC822.TEXT as the sections they stand for.
struct FetchedSection {
    std::string section;              // "" for the whole message, upper case, with "<origin>" if partial
    std::optional<std::string> text;  // nullopt: NIL
    bool operator==(const FetchedSection&) const = default;
};
struct Fetched {
    base::SequenceNumber number{0};
    std::optional<base::Uid> uid;
    bool uid_is_unusable = false;                   // there was one that cannot be: then `uid` is empty
    std::optional<std::vector<std::string>> flags;  // as sent
    std::optional<std::uint64_t> size;              // RFC822.SIZE
    std::vector<FetchedSection> sections;
    bool operator==(const Fetched&) const = default;
};
// Anything else, by its first word.
struct Unrecognised {
    std::string name;
    bool operator==(const Unrecognised&) const = default;
};

using Response = std::variant<Tagged, Continuation, UntaggedStatus, Capabilities, Enabled, Namespaces, Listed,
                              Found, ExtendedFound, Exists, Expunged, Fetched, Unrecognised>;

}  // namespace offlineimap::imap
