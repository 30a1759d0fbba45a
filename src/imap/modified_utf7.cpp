#include "offlineimap/imap/modified_utf7.hpp"

#include <cstdint>
#include <vector>

namespace offlineimap::imap {
namespace {

// RFC 3501 §5.1.3: base64 with ',' for '/', and no padding.
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr bool is_printable_ascii(char32_t c) noexcept {
    return c >= 0x20 && c <= 0x7E;
}
constexpr bool is_surrogate(char32_t c) noexcept {
    return c >= 0xD800 && c <= 0xDFFF;
}

struct Utf8Lead {
    std::size_t length;
    char32_t bits;
    char32_t least;  // anything smaller has a shorter form
};
std::optional<Utf8Lead> utf8_lead(unsigned char byte) noexcept {
    if (byte < 0x80) return Utf8Lead{1, byte, 0};
    if (byte >= 0xC2 && byte <= 0xDF) return Utf8Lead{2, byte & 0x1FU, 0x80};
    if (byte >= 0xE0 && byte <= 0xEF) return Utf8Lead{3, byte & 0x0FU, 0x800};
    if (byte >= 0xF0 && byte <= 0xF4) return Utf8Lead{4, byte & 0x07U, 0x10000};
    return std::nullopt;
}

// Takes one character off the front; nullopt if it is not well-formed (RFC 3629 §3).
std::optional<char32_t> take_character(std::string_view& utf8) {
    const auto lead = utf8_lead(static_cast<unsigned char>(utf8.front()));
    if (!lead || utf8.size() < lead->length) return std::nullopt;
    char32_t character = lead->bits;
    for (std::size_t i = 1; i < lead->length; ++i) {
        const auto byte = static_cast<unsigned char>(utf8[i]);
        if ((byte & 0xC0U) != 0x80U) return std::nullopt;
        character = (character << 6U) | (byte & 0x3FU);
    }
    if (character < lead->least || character > 0x10FFFF || is_surrogate(character)) return std::nullopt;
    utf8.remove_prefix(lead->length);
    return character;
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6U));
        put(0x80 | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12U));
        put(0x80 | ((c >> 6U) & 0x3FU));
        put(0x80 | (c & 0x3FU));
    } else {
        put(0xF0 | (c >> 18U));
        put(0x80 | ((c >> 12U) & 0x3FU));
        put(0x80 | ((c >> 6U) & 0x3FU));
        put(0x80 | (c & 0x3FU));
    }
}

// A shifted run "&…-": UTF-16 units as base64.
class ShiftedRun {
  public:
    void add(char32_t character) {
        if (character < 0x10000) {
            add_unit(static_cast<std::uint16_t>(character));
            return;
        }
        const auto rest = character - 0x10000;
        add_unit(static_cast<std::uint16_t>(0xD800 + (rest >> 10U)));
        add_unit(static_cast<std::uint16_t>(0xDC00 + (rest & 0x3FFU)));
    }
    // Ends the run if one is open.
    void close(std::string& out) {
        if (digits_.empty()) return;
        if (bit_count_ > 0) digits_ += kDigits[(bits_ << (6U - bit_count_)) & 0x3FU];
        out += '&';
        out += digits_;
        out += '-';
        digits_.clear();
        bits_ = 0;
        bit_count_ = 0;
    }

  private:
    void add_unit(std::uint16_t unit) {
        bits_ = (bits_ << 16U) | unit;
        bit_count_ += 16;
        while (bit_count_ >= 6) {
            bit_count_ -= 6;
            digits_ += kDigits[(bits_ >> bit_count_) & 0x3FU];
        }
        bits_ &= (1U << bit_count_) - 1U;
    }

    std::string digits_;
    std::uint32_t bits_ = 0;  // not yet a digit: fewer than 6
    unsigned bit_count_ = 0;
};

// The UTF-16 units of a run's base64; nullopt for a foreign digit. Bits left over are dropped: that they are
// zero is checked by encoding the result again.
std::optional<std::vector<std::uint16_t>> units_of(std::string_view digits) {
    std::vector<std::uint16_t> units;
    std::uint32_t bits = 0;
    unsigned bit_count = 0;
    for (const char digit : digits) {
        const auto value = kDigits.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        bit_count += 6;
        if (bit_count < 16) continue;
        bit_count -= 16;
        units.push_back(static_cast<std::uint16_t>(bits >> bit_count));
        bits &= (1U << bit_count) - 1U;
    }
    return units;
}

bool append_units(std::string& out, const std::vector<std::uint16_t>& units) {
    for (std::size_t i = 0; i < units.size(); ++i) {
        char32_t character = units[i];
        if (is_surrogate(character)) {
            const bool is_pair = character < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 &&
                                 units[i + 1] <= 0xDFFF;
            if (!is_pair) return false;
            character = 0x10000 + ((character - 0xD800) << 10U) + (char32_t{units[++i]} - 0xDC00);
        }
        append_utf8(out, character);
    }
    return true;
}

std::optional<std::string> decode_leniently(std::string_view name) {
    std::string utf8;
    while (!name.empty()) {
        const char c = name.front();
        name.remove_prefix(1);
        if (c != '&') {
            utf8 += c;
            continue;
        }
        const auto end = name.find('-');
        if (end == std::string_view::npos) return std::nullopt;
        if (end == 0) {
            utf8 += '&';
        } else {
            const auto units = units_of(name.substr(0, end));
            if (!units || !append_units(utf8, *units)) return std::nullopt;
        }
        name.remove_prefix(end + 1);
    }
    return utf8;
}

}  // namespace

std::optional<std::string> encode_modified_utf7(std::string_view utf8) {
    std::string name;
    ShiftedRun run;
    while (!utf8.empty()) {
        const auto character = take_character(utf8);
        if (!character) return std::nullopt;
        if (!is_printable_ascii(*character)) {
            run.add(*character);
            continue;
        }
        run.close(name);
        name += static_cast<char>(*character);
        if (*character == U'&') name += '-';
    }
    run.close(name);
    return name;
}

std::optional<std::string> decode_modified_utf7(std::string_view name) {
    auto utf8 = decode_leniently(name);
    if (!utf8 || encode_modified_utf7(*utf8) != name) return std::nullopt;
    return utf8;
}

}  // namespace offlineimap::imap
