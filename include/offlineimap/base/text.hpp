// Small text functions over bytes. ASCII only: nothing here depends on a locale or on an encoding.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::base {

constexpr bool is_ascii_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
constexpr bool is_ascii_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char ascii_upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string_view trim(std::string_view text) noexcept;
std::string_view trim_left(std::string_view text) noexcept;
std::string_view trim_right(std::string_view text) noexcept;

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;

// "a,,b" split at ',' is {"a", "", "b"}; "" is {""}.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

// The whole text must be the number: no blanks, no sign for unsigned types, no trailing bytes.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text, int base = 10) noexcept {
    Integer value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (code != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

// Lower-case hexadecimal of the bytes.
std::string to_hex(std::string_view bytes);

// Text of foreign origin for one line of output: control characters (ESC, CR, LF, NUL, DEL, C1) and bytes
// that are no UTF-8 become `\xNN`, the rest stays; at most `limit` bytes, cut at a character's boundary and
// marked with "...".
std::string printable(std::string_view foreign, std::size_t limit = 500);

}  // namespace offlineimap::base
