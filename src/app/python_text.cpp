#include "python_text.hpp"

#include "offlineimap/base/text.hpp"

namespace offlineimap::app {

namespace {

bool is_printable_ascii(char c) noexcept {
    return c >= ' ' && c <= '~';
}

std::string escaped(char c) {
    switch (c) {
        case '\t':
            return "\\t";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        default:
            return "\\x" + base::to_hex(std::string_view(&c, 1));
    }
}

// Single quotes, unless there are such quotes in the text and no double ones.
std::string quoted(std::string_view text) {
    const bool has_single = text.find('\'') != std::string_view::npos;
    const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string result(1, quote);
    for (const char c : text) {
        if (c == quote || c == '\\') result += '\\';
        if (is_printable_ascii(c)) {
            result += c;
        } else {
            result += escaped(c);
        }
    }
    return result + quote;
}

}  // namespace

std::string python_bytes(std::string_view bytes) {
    return "b" + quoted(bytes);
}

std::string python_tuple(const std::vector<std::string>& texts) {
    std::vector<std::string> members;
    members.reserve(texts.size());
    for (const auto& text : texts) members.push_back(quoted(text));
    return "(" + base::join(members, ", ") + (texts.size() == 1 ? ",)" : ")");
}

}  // namespace offlineimap::app
