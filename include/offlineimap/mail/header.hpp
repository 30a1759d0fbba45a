// Byte-level reading and named surgery on a message's header block. A message is never parsed into a tree and
// written again: what is not named here stays as it is, byte for byte. All functions accept LF and CRLF line
// ends, mixed, and broken messages.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::mail {

// The length of the header block with the empty line that ends it; the whole size if there is none. A message
// that begins with an empty line has an empty header. Lines before it that are no header lines still count as
// header (RFC 5322 §3.5 is not enforced).
std::size_t header_length(std::string_view message) noexcept;

// The value of the first header of that name (any case), unfolded: line ends removed, folding white space
// kept, trimmed.
std::optional<std::string> header_value(std::string_view header_block, std::string_view name);
// All of them, top to bottom.
std::vector<std::string> header_values(std::string_view header_block, std::string_view name);

// The block without any header of these names (any case), their continuation lines included.
std::string without_headers(std::string_view header_block, const std::vector<std::string>& names);

// The block with `name: value` as its last header, before the empty line; line end as the block has it (LF if
// it has none). A message without a header block gets one with the empty line.
std::string with_last_header(std::string_view header_block, std::string_view name, std::string_view value);

// RFC 5322 §3.3 date-time, obsolete zones and forms included, as seconds since the epoch; nullopt if it makes
// no sense. 64-bit: years 1 … 9999.
struct ParsedDate {
    std::chrono::sys_seconds utc;
    int offset_minutes = 0;  // of the zone as written, east positive
};
std::optional<ParsedDate> parse_date(std::string_view header_value);

}  // namespace offlineimap::mail
