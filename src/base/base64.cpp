#include "offlineimap/base/base64.hpp"

#include <cstdint>

namespace offlineimap::base {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            bits = (bits << 8U) | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += j <= group.size() ? kDigits[(bits >> (18U - 6U * j)) & 0x3FU] : '=';
        }
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text, Padding padding) {
    const auto digits = text.substr(0, text.find_last_not_of('=') + 1);
    const bool is_padded = text.size() % 4 == 0 && text.size() - digits.size() <= 2;
    if ((padding == Padding::required && !is_padded) || digits.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size());
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : digits) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xFFU);
    }
    return bytes;
}

}  // namespace offlineimap::base
