// Maildir file names as the original writes and reads them (reference: on-disk formats §8):
//   <time>_<seq>.<pid>.<host>,U=<uid>,FMD5=<md5>:2,<flags>
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "offlineimap/base/types.hpp"
#include "offlineimap/mail/flags.hpp"

namespace offlineimap::mail {

enum class InfoSeparator : char { colon = ':', exclamation = '!' };

// What the unique part of a new name is made of. Time, process and host are parameters: this layer reads no
// clock.
struct UniqueName {
    std::int64_t time;  // seconds since the epoch; may be negative for odd dates
    std::uint64_t sequence;
    std::int64_t pid;
    std::string_view host;
};

// `folder_md5` is 32 lower-case hex digits. Any '/' in the result becomes '-'. Without a UID the `,U=` field
// is "U=0"-free: the field is left out.
std::string make_maildir_name(const UniqueName& unique, std::optional<base::Uid> uid,
                              std::string_view folder_md5, Flags flags, InfoSeparator separator);

struct MaildirName {
    std::string_view base;         // what stands before the info part; the whole name if there is none
    std::optional<base::Uid> uid;  // only if the name carries this folder's FMD5 and a U= that is a UID
    Flags flags;
    // The time the name begins with, if it begins with a number (`maxage` reads it).
    std::optional<std::int64_t> time;
};

// Reads a name found in `cur` or `new` of the folder whose hash is `folder_md5`. Both info separators are
// understood, whichever is configured. The views point into `name`.
MaildirName parse_maildir_name(std::string_view name, std::string_view folder_md5);

// The same message with other flags: only the info part changes; one is added if there is none. Letters
// sorted.
std::string with_flags(std::string_view name, Flags flags, InfoSeparator separator);

// The subdirectory where the original puts a message it writes: "cur" if seen, else "new" (even with other
// flags).
constexpr std::string_view subdirectory_for(Flags flags) noexcept {
    return flags.contains('S') ? "cur" : "new";
}

}  // namespace offlineimap::mail
