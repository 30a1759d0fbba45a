#include "offlineimap/imap/throttling.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "offlineimap/base/text.hpp"

namespace offlineimap::imap {
namespace {

using namespace std::string_view_literals;

// docs/servers.md says which server uses which words.
constexpr std::array kTooManyConnections = {
    "too many simultaneous connections"sv, "maximum number of connections"sv, "too many connections"sv,
    "too many concurrent connections"sv,   "too many open connections"sv,     "connection limit"sv,
};
constexpr std::array kTooFast = {"is throttled"sv, "rate limit"sv, "too many requests"sv,
                                 "suggested backoff time"sv};
// Codes that may stand before such words. Any other says what the matter is, and it is another matter.
constexpr std::array kCodes = {"ALERT"sv, "LIMIT"sv, "THROTTLED"sv, "UNAVAILABLE"sv, "INUSE"sv};

template <std::size_t count>
bool holds_any(std::string_view text, const std::array<std::string_view, count>& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

std::optional<std::chrono::milliseconds> suggested_wait(std::string_view lower_case) {
    constexpr auto kWords = "suggested backoff time: "sv;
    const auto begin = lower_case.find(kWords);
    if (begin == std::string_view::npos) return std::nullopt;
    const auto rest = lower_case.substr(begin + kWords.size());
    const auto digits = std::find_if_not(rest.begin(), rest.end(), base::is_ascii_digit) - rest.begin();
    // A number that does not fit 32 bits is more than a month: as good as none.
    const auto number = base::parse_integer<std::uint32_t>(rest.substr(0, static_cast<std::size_t>(digits)));
    if (!number) return std::nullopt;
    const auto unit = rest.substr(static_cast<std::size_t>(digits));
    // Whoever asks for less time than this would be asked again and again.
    constexpr std::chrono::milliseconds kLeast{100};
    const std::chrono::milliseconds wait =
        unit.starts_with(" second") ? std::chrono::seconds(*number) : std::chrono::milliseconds(*number);
    return std::max(wait, kLeast);
}

}  // namespace

std::optional<Throttle> throttle_of(const Status& status) {
    using Reason = Throttle::Reason;
    const bool other_matter =
        status.code && std::find(kCodes.begin(), kCodes.end(), status.code->name) == kCodes.end();
    if (other_matter) return std::nullopt;
    const auto text = base::to_lower(status.text);
    const auto wait = suggested_wait(text);
    if (holds_any(text, kTooManyConnections)) return Throttle{Reason::connections, wait};
    if (holds_any(text, kTooFast) || status.has_code("THROTTLED")) return Throttle{Reason::rate, wait};
    if (status.has_code("UNAVAILABLE")) return Throttle{Reason::unavailable, wait};
    if (status.has_code("LIMIT")) return Throttle{Reason::connections, wait};
    return std::nullopt;
}

}  // namespace offlineimap::imap
