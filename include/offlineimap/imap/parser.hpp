// The grammar of responses: pure functions over bytes. Work is linear in the input, memory is bounded by it,
// and nesting is counted, not recursed into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "offlineimap/base/types.hpp"
#include "offlineimap/imap/quirks.hpp"
#include "offlineimap/imap/response.hpp"

namespace offlineimap::imap {

// Lists inside lists, in responses that we skip.
inline constexpr int kMostNesting = 100;

struct ParsedResponse {
    Response response;
    std::size_t consumed;  // bytes up to and with the response's last CRLF
    QuirkSet quirks;
};
// The bytes are a proper beginning; more are needed.
struct Incomplete {};
struct Malformed {
    std::size_t offset;
    std::string expected;
};
using ParseOutcome = std::variant<ParsedResponse, Incomplete, Malformed>;

// One response from the beginning of `bytes`, literals inline as on the wire.
ParseOutcome parse_response(std::string_view bytes);

// Whether a literal that follows this text is the content of a message or of a part of it:
// "* 12 FETCH (UID 7 BODY[] " says section "" of message 12. `response` is the text from the response's
// beginning, `line` the text since the last literal (the same for the first one).
struct AnnouncedBody {
    base::SequenceNumber number;
    std::string section;
};
std::optional<AnnouncedBody> announced_body(std::string_view response, std::string_view line);

// The arguments of response codes.

// "38505 3955" (RFC 4315 §3); nullopt for anything but one valid UID.
struct AppendUid {
    base::UidValidity validity;
    base::Uid uid;
    bool operator==(const AppendUid&) const = default;
};
std::optional<AppendUid> parse_append_uid(std::string_view argument);
// "(\Seen \*)"; nullopt if malformed.
std::optional<std::vector<std::string>> parse_flag_list(std::string_view argument);
// "IMAP4rev1 STARTTLS": upper-cased.
std::vector<std::string> parse_capabilities(std::string_view argument);

}  // namespace offlineimap::imap
