#include "journal_text.hpp"

#include <cstddef>
#include <cstdint>

#include "offlineimap/base/text.hpp"

namespace offlineimap::status {

std::string escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) > ' ' && c != '%' && c != '\x7f') {
            escaped += c;
        } else {
            escaped += '%' + base::to_hex(std::string_view(&c, 1));
        }
    }
    return escaped;
}

std::optional<std::string> unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        const auto byte = base::parse_integer<std::uint8_t>(text.substr(i + 1, 2), 16);
        if (!byte || text.size() - i < 3) return std::nullopt;
        plain += static_cast<char>(*byte);
        i += 2;
    }
    return plain;
}

}  // namespace offlineimap::status
