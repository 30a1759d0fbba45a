// Maildir names come from other programs, and from whoever can put a file there. Properties: flags can be
// rewritten without touching the base or the UID, and reading back gives what was written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "offlineimap/mail/maildir_name.hpp"

namespace mail = offlineimap::mail;

namespace {

constexpr std::string_view kFolder = "7e33429f656f1e6e9d79b29c3f82c57e";

void require(bool property) {
    if (!property) std::abort();
}

void check_rewrite(std::string_view name, const mail::MaildirName& parsed, mail::InfoSeparator separator) {
    const auto flags = mail::Flags::parse("FSaP");
    const auto renamed = mail::with_flags(name, flags, separator);
    const auto again = mail::parse_maildir_name(renamed, kFolder);
    require(again.base == parsed.base);
    require(again.time == parsed.time);
    // Only a foreign tail that is itself an info part can hide the letters just written.
    if (renamed.find("2,", parsed.base.size() + 3) == std::string::npos) require(again.flags == flags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view name(reinterpret_cast<const char*>(data), size);
    const auto parsed = mail::parse_maildir_name(name, kFolder);
    require(name.starts_with(parsed.base));
    if (parsed.uid) require(name.find(kFolder) != std::string_view::npos);
    check_rewrite(name, parsed, mail::InfoSeparator::colon);
    check_rewrite(name, parsed, mail::InfoSeparator::exclamation);
    return 0;
}
