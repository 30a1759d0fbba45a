#include "offlineimap/mail/maildir_name.hpp"

#include <algorithm>
#include <charconv>

#include "offlineimap/base/text.hpp"

namespace offlineimap::mail {
namespace {

// Where the info part of a name is.
struct InfoPart {
    std::size_t base_length;  // the name's length if there is no info part
    std::size_t letters;      // where the flag letters begin; npos if there is no info part
    std::size_t letters_end;
};

std::size_t end_of_letters(std::string_view name, std::size_t letters) {
    while (letters < name.size() && Flags::is_letter(name[letters])) ++letters;
    return letters;
}

// A name may hold an info part of each kind: the original, after maildir-windows-compatible was switched,
// does not see the old one as such and appends its own. The later one is then the newer one.
InfoPart find_info(std::string_view name) {
    constexpr auto npos = std::string_view::npos;
    constexpr std::size_t kMarkLength = 3;
    const auto colon = name.find(":2,");
    const auto exclamation = name.find("!2,");
    if (colon == npos && exclamation == npos) return {name.size(), npos, npos};
    const auto first = std::min(colon, exclamation);
    const auto newest = colon == npos || exclamation == npos ? first : std::max(colon, exclamation);
    const auto letters = newest + kMarkLength;
    return {first, letters, end_of_letters(name, letters)};
}

std::string info_part(Flags flags, InfoSeparator separator) {
    return static_cast<char>(separator) + ("2," + flags.to_string());
}

// The number behind the first ",U=" that has digits behind it; nullopt if that is not a UID.
std::optional<base::Uid> find_uid(std::string_view name) {
    constexpr std::string_view kField = ",U=";
    for (auto at = name.find(kField); at != std::string_view::npos; at = name.find(kField, at + 1)) {
        const auto number = name.substr(at + kField.size());
        if (number.empty() || !base::is_ascii_digit(number.front())) continue;
        std::uint64_t value = 0;
        const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), value);
        return code == std::errc{} ? base::Uid::make(value) : std::nullopt;
    }
    return std::nullopt;
}

bool belongs_to_folder(std::string_view name, std::string_view folder_md5) {
    constexpr std::string_view kField = ",FMD5=";
    for (auto at = name.find(kField); at != std::string_view::npos; at = name.find(kField, at + 1)) {
        if (name.substr(at + kField.size()).starts_with(folder_md5)) return true;
    }
    return false;
}

std::optional<std::int64_t> leading_number(std::string_view name) {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), value);
    return code == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string make_maildir_name(const UniqueName& unique, std::optional<base::Uid> uid,
                              std::string_view folder_md5, Flags flags, InfoSeparator separator) {
    std::string name = std::to_string(unique.time) + '_' + std::to_string(unique.sequence) + '.' +
                       std::to_string(unique.pid) + '.';
    name += unique.host;
    if (uid) name += ",U=" + std::to_string(uid->value());
    name += ",FMD5=";
    name += folder_md5;
    name += info_part(flags, separator);
    std::replace(name.begin(), name.end(), '/', '-');
    return name;
}

MaildirName parse_maildir_name(std::string_view name, std::string_view folder_md5) {
    const auto info = find_info(name);
    MaildirName parsed{.base = name.substr(0, info.base_length), .uid = {}, .flags = {}, .time = {}};
    if (belongs_to_folder(name, folder_md5)) parsed.uid = find_uid(name);
    if (info.letters != std::string_view::npos) {
        parsed.flags = Flags::parse(name.substr(info.letters, info.letters_end - info.letters));
    }
    parsed.time = leading_number(name);
    return parsed;
}

std::string with_flags(std::string_view name, Flags flags, InfoSeparator separator) {
    const auto info = find_info(name);
    auto renamed = std::string(name.substr(0, info.base_length)) + info_part(flags, separator);
    // What some other program wrote behind the letters is not ours to drop.
    if (info.letters != std::string_view::npos) renamed += name.substr(info.letters_end);
    return renamed;
}

}  // namespace offlineimap::mail
