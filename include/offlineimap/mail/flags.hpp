// Message flags as the Maildir info part and the status cache write them: a set of letters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::mail {

// A set over the letters that may stand behind ":2," (what Python's \w allows in ASCII: A-Z a-z 0-9 _).
// Upper-case letters are Maildir's flags, lower-case ones are keywords (`customflag_x`). One machine word;
// cheap to copy.
class Flags {
  public:
    constexpr Flags() = default;
    // Ignores characters that cannot be flag letters.
    static Flags parse(std::string_view letters) noexcept;

    static constexpr bool is_letter(char c) noexcept { return index_of(c) >= 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool contains(char letter) const noexcept { return (bits_ & bit(letter)) != 0; }
    // Letters that cannot be flags are ignored.
    constexpr Flags& add(char letter) noexcept { return bits_ |= bit(letter), *this; }
    constexpr Flags& remove(char letter) noexcept { return bits_ &= ~bit(letter), *this; }

    constexpr Flags operator|(Flags other) const noexcept { return Flags(bits_ | other.bits_); }
    constexpr Flags operator&(Flags other) const noexcept { return Flags(bits_ & other.bits_); }
    // Set difference.
    constexpr Flags operator-(Flags other) const noexcept { return Flags(bits_ & ~other.bits_); }
    constexpr bool operator==(const Flags&) const noexcept = default;

    // Sorted by code point, as file names and status files have them: digits, upper case, '_', lower case.
    std::string to_string() const;

  private:
    explicit constexpr Flags(std::uint64_t bits) noexcept : bits_(bits) {}
    static constexpr int index_of(char c) noexcept {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'A' && c <= 'Z') return 10 + (c - 'A');
        if (c == '_') return 36;
        if (c >= 'a' && c <= 'z') return 37 + (c - 'a');
        return -1;
    }
    static constexpr std::uint64_t bit(char c) noexcept {
        const int index = index_of(c);
        return index < 0 ? 0 : std::uint64_t{1} << static_cast<unsigned>(index);
    }
    std::uint64_t bits_ = 0;
};

// The letters that have an IMAP system flag: S R F T D.
Flags imap_flags();
// A keyword letter: a … z.
Flags keyword_letters();

// "\Seen" → 'S'; any case; nullopt for keywords, \Recent and unknown system flags.
std::optional<char> letter_of_imap_flag(std::string_view imap_flag) noexcept;
// 'S' → "\Seen"; empty for a letter that IMAP has no flag for ('P', keywords, …).
std::string_view imap_flag_of_letter(char letter) noexcept;
// The wire flags of the letters that have one, sorted by name: {"\Answered", "\Seen"}.
std::vector<std::string> imap_flags_of(Flags flags);

}  // namespace offlineimap::mail
