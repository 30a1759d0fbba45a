#include "offlineimap/base/text.hpp"

#include <algorithm>

namespace offlineimap::base {

std::string_view trim_left(std::string_view text) noexcept {
    while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
    return text;
}

std::string_view trim_right(std::string_view text) noexcept {
    while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view trim(std::string_view text) noexcept {
    return trim_left(trim_right(text));
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
    return lower;
}

std::string to_upper(std::string_view text) {
    std::string upper(text);
    std::transform(upper.begin(), upper.end(), upper.begin(), ascii_upper);
    return upper;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && starts_with_ignoring_case(a, b);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
    if (text.size() < prefix.size()) return false;
    return std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string joined;
    for (const auto& part : parts) {
        if (&part != &parts.front()) joined += separator;
        joined += part;
    }
    return joined;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string replaced;
    if (from.empty()) return std::string(text);
    for (;;) {
        const auto at = text.find(from);
        replaced += text.substr(0, at);
        if (at == std::string_view::npos) return replaced;
        replaced += to;
        text.remove_prefix(at + from.size());
    }
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
    }
    return hex;
}

namespace {

bool is_control(unsigned char byte) noexcept {
    return byte < 0x20 || byte == 0x7f;
}
bool is_utf8_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}
// U+2028 and U+2029 end a line, U+202A … U+202E and U+2066 … U+2069 turn its order about.
bool changes_lines(std::string_view three) noexcept {
    return (three >= "\xE2\x80\xA8" && three <= "\xE2\x80\xAE") ||
           (three >= "\xE2\x81\xA6" && three <= "\xE2\x81\xA9");
}
// How many bytes the UTF-8 character at the beginning of `text` has; 0: none that may be shown. U+0080 …
// U+009F, which terminals may take for escape sequences, are none, and neither are their single bytes.
std::size_t shown_character(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return is_control(first) ? 0 : 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    if (first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) return 0;
    if (length == 3 && changes_lines(text.substr(0, 3))) return 0;
    const auto rest = text.substr(1, length - 1);
    return std::all_of(rest.begin(), rest.end(), is_utf8_continuation) ? length : 0;
}

}  // namespace

std::string printable(std::string_view foreign, std::size_t limit) {
    bool cut = false;
    if (foreign.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && is_utf8_continuation(foreign[end])) --end;
        foreign = foreign.substr(0, end);
        cut = true;
    }
    std::string text;
    text.reserve(foreign.size());
    while (!foreign.empty()) {
        const auto length = shown_character(foreign);
        if (length == 0) {
            text += "\\x" + to_hex(foreign.substr(0, 1));
        } else {
            text += foreign.substr(0, length);
        }
        foreign.remove_prefix(std::max<std::size_t>(length, 1));
    }
    if (cut) text += "...";
    return text;
}

}  // namespace offlineimap::base
