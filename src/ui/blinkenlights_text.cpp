#include "blinkenlights_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <wchar.h>

namespace offlineimap::ui::blinkenlights {

namespace {

constexpr wchar_t kUnknown = L'?';
constexpr int kTabStop = 8;

// How many bytes the character has that begins with `byte`, and which of its bits count; 0: none begins so.
struct Lead {
    int length;
    unsigned char bits;
};
Lead lead_of(unsigned char byte) noexcept {
    if (byte < 0x80) return {1, 0x7F};
    if (byte < 0xC2) return {0, 0};
    if (byte < 0xE0) return {2, 0x1F};
    if (byte < 0xF0) return {3, 0x0F};
    if (byte < 0xF5) return {4, 0x07};
    return {0, 0};
}

bool is_scalar(char32_t code, int length) noexcept {
    constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    return code >= kSmallest.at(static_cast<std::size_t>(length)) && code <= 0x10FFFF &&
           (code < 0xD800 || code > 0xDFFF);
}

// Takes a character off the front; of what is no UTF-8 (RFC 3629) a byte and nullopt.
std::optional<wchar_t> take_character(std::string_view& utf8) noexcept {
    const auto byte_at = [&utf8](int i) {
        return static_cast<unsigned char>(utf8[static_cast<std::size_t>(i)]);
    };
    const auto [length, bits] = lead_of(byte_at(0));
    auto code = static_cast<char32_t>(byte_at(0) & bits);
    int taken = 1;
    while (taken < length && static_cast<std::size_t>(taken) < utf8.size() &&
           (byte_at(taken) & 0xC0U) == 0x80U) {
        code = (code << 6U) | (byte_at(taken++) & 0x3FU);
    }
    if (length == 0 || taken < length || !is_scalar(code, length)) {
        utf8.remove_prefix(1);
        return std::nullopt;
    }
    utf8.remove_prefix(static_cast<std::size_t>(length));
    return static_cast<wchar_t>(code);
}

int width_of(wchar_t character) noexcept {
    return std::max(::wcwidth(character), 0);
}

}  // namespace

std::wstring wide(std::string_view utf8) {
    std::wstring text;
    int column = 0;
    while (!utf8.empty()) {
        const auto character = take_character(utf8).value_or(kUnknown);
        if (character == L'\t') {
            const int blanks = kTabStop - column % kTabStop;
            text.append(static_cast<std::size_t>(blanks), L' ');
            column += blanks;
        } else {
            text += ::wcwidth(character) < 0 ? kUnknown : character;
            column += width_of(text.back());
        }
    }
    return text;
}

int columns_of(std::wstring_view text) noexcept {
    int columns = 0;
    for (const auto character : text) columns += width_of(character);
    return columns;
}

std::wstring_view cut(std::wstring_view text, int columns) noexcept {
    std::size_t length = 0;
    for (int used = 0; length < text.size(); ++length) {
        used += width_of(text[length]);
        if (used > columns) break;
    }
    return text.substr(0, length);
}

std::wstring right_aligned(std::wstring_view text, int columns) {
    const auto shown = cut(text, columns);
    return std::wstring(static_cast<std::size_t>(columns - columns_of(shown)), L' ').append(shown);
}

std::vector<std::wstring> wrapped(std::wstring_view text, int columns) {
    std::vector<std::wstring> lines(1);
    int used = 0;
    for (auto character : text) {
        if (width_of(character) > columns) character = kUnknown;
        const int width = width_of(character);
        if (used + width > columns) {
            lines.emplace_back();
            used = 0;
        }
        lines.back() += character;
        used += width;
    }
    return lines;
}

}  // namespace offlineimap::ui::blinkenlights
