#include "dialect.hpp"

#include <algorithm>
#include <array>

namespace offlineimap::config_file {

namespace {

struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0;  // 0: the bytes are no UTF-8
};

// RFC 3629 §4. `text` is not empty.
CodePoint decode_first(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return {byte(0), 1};
    const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
    if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return {};
    char32_t value = byte(0) & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {};
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < kLeast[length] || value > 0x10FFFF || surrogate) return {};
    return {value, length};
}

// str.isspace().
bool is_space(char32_t c) noexcept {
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

std::size_t leading_space(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto first = decode_first(text);
    return is_space(first.value) ? first.length : 0;
}

std::size_t trailing_space(std::string_view text) noexcept {
    for (std::size_t length = 1; length <= std::min<std::size_t>(3, text.size()); ++length) {
        const auto last = decode_first(text.substr(text.size() - length));
        if (last.length == length) return is_space(last.value) ? length : 0;
    }
    return 0;
}

std::string_view strip_left(std::string_view text) noexcept {
    while (const auto length = leading_space(text)) text.remove_prefix(length);
    return text;
}

// In characters, as configparser counts: a tab is one, and so is a no-break space.
std::size_t indentation(std::string_view line) noexcept {
    std::size_t characters = 0;
    while (const auto length = leading_space(line)) {
        line.remove_prefix(length);
        ++characters;
    }
    return characters;
}

// Follows the file from line to line; knows what is open.
class Classifier {
  public:
    Line classify(std::string_view line) {
        const auto content = strip(line);
        if (content.empty()) return blank();
        // Wherever they stand: people switch off one item of a list like that.
        if (content.front() == '#' || content.front() == ';') return {};
        const auto indent = indentation(line);
        if (in_option_ && indent > option_indent_) return {Line::Kind::continuation, {}, content};
        option_indent_ = indent;
        if (const auto header = header_name(content)) return open_section(*header);
        if (!in_section_) return {Line::Kind::before_header, {}, content};
        return option(content);
    }

  private:
    // Blank lines do not end a value; those at its end are stripped when it is complete.
    Line blank() const { return in_option_ ? Line{Line::Kind::continuation, {}, {}} : Line{}; }

    // Greedy, and whatever follows is ignored: "[general]#{{{" is a header, "[a]b]" is section "a]b".
    static std::optional<std::string_view> header_name(std::string_view content) {
        const auto close = content.rfind(']');
        if (content.front() != '[' || close == std::string_view::npos || close < 2) return std::nullopt;
        return content.substr(1, close - 1);
    }

    Line open_section(std::string_view name) {
        in_section_ = true;
        in_option_ = false;
        return {Line::Kind::header, name, {}};
    }

    Line option(std::string_view content) {
        const auto delimiter = content.find_first_of("=:");
        const auto name = strip_right(content.substr(0, delimiter));
        if (delimiter == std::string_view::npos || name.empty()) return {Line::Kind::no_option, {}, content};
        in_option_ = true;
        return {Line::Kind::option, name, strip(content.substr(delimiter + 1))};
    }

    bool in_section_ = false;
    bool in_option_ = false;
    std::size_t option_indent_ = 0;
};

}  // namespace

std::string_view strip_right(std::string_view text) noexcept {
    while (const auto length = trailing_space(text)) text.remove_suffix(length);
    return text;
}

std::string_view strip(std::string_view text) noexcept {
    return strip_left(strip_right(text));
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const auto point = decode_first(text.substr(at));
        if (point.length == 0) return at;
        at += point.length;
    }
    return std::nullopt;
}

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find_first_of("\r\n");
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
    return lines;
}

std::vector<Line> classify_lines(std::string_view text) {
    std::vector<Line> lines;
    Classifier classifier;
    for (const auto line : split_lines(text)) lines.push_back(classifier.classify(line));
    return lines;
}

}  // namespace offlineimap::config_file
