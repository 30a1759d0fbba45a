#include "offlineimap/mail/flags.hpp"

#include <algorithm>
#include <array>

#include "offlineimap/base/text.hpp"

namespace offlineimap::mail {
namespace {

struct SystemFlag {
    char letter;
    std::string_view imap_flag;
};

// RFC 3501 §2.3.2, sorted by the flag's name. \Recent is the server's own and has no letter.
constexpr std::array kSystemFlags = {
    SystemFlag{'R', "\\Answered"}, SystemFlag{'T', "\\Deleted"}, SystemFlag{'D', "\\Draft"},
    SystemFlag{'F', "\\Flagged"},  SystemFlag{'S', "\\Seen"},
};

// Code point order: what to_string() writes.
constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kKeywordLetters = "abcdefghijklmnopqrstuvwxyz";

}  // namespace

Flags Flags::parse(std::string_view letters) noexcept {
    Flags flags;
    for (const char letter : letters) flags.add(letter);
    return flags;
}

std::string Flags::to_string() const {
    std::string text;
    for (const char letter : kLetters) {
        if (contains(letter)) text += letter;
    }
    return text;
}

Flags imap_flags() {
    Flags flags;
    for (const auto& known : kSystemFlags) flags.add(known.letter);
    return flags;
}

Flags keyword_letters() {
    return Flags::parse(kKeywordLetters);
}

std::optional<char> letter_of_imap_flag(std::string_view imap_flag) noexcept {
    const auto known = std::find_if(kSystemFlags.begin(), kSystemFlags.end(), [&](const SystemFlag& flag) {
        return base::equals_ignoring_case(flag.imap_flag, imap_flag);
    });
    if (known == kSystemFlags.end()) return std::nullopt;
    return known->letter;
}

std::string_view imap_flag_of_letter(char letter) noexcept {
    const auto known = std::find_if(kSystemFlags.begin(), kSystemFlags.end(),
                                    [&](const SystemFlag& flag) { return flag.letter == letter; });
    return known == kSystemFlags.end() ? std::string_view{} : known->imap_flag;
}

std::vector<std::string> imap_flags_of(Flags flags) {
    std::vector<std::string> names;
    for (const auto& known : kSystemFlags) {
        if (flags.contains(known.letter)) names.emplace_back(known.imap_flag);
    }
    return names;
}

}  // namespace offlineimap::mail
