// Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offlineimap::imap {

// "Entwürfe" → "Entw&APw-rfe". nullopt if `utf8` is not well-formed UTF-8.
std::optional<std::string> encode_modified_utf7(std::string_view utf8);

// "Entw&APw-rfe" → "Entwürfe". nullopt unless `name` is exactly what encode_modified_utf7() makes of the
// result: so decoding never gives two names the same text, and "&AC4ALg-" never becomes "..".
std::optional<std::string> decode_modified_utf7(std::string_view name);

}  // namespace offlineimap::imap
