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
// SEARCH: message numbers or UIDs, whichever was asked for.
struct Found {
    std::vector<std::uint32_t> numbers;
    bool operator==(const Found&) const = default;
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

using Response = std::variant<Tagged, Continuation, UntaggedStatus, Capabilities, Listed, Found, Exists,
                              Expunged, Fetched, Unrecognised>;

}  // namespace offlineimap::imap
