#include "offlineimap/status/intent_journal.hpp"

#include <cstddef>
#include <cstdint>

#include "offlineimap/base/text.hpp"

#include "journal_text.hpp"

namespace offlineimap::status {

namespace {

constexpr std::string_view kMagic = "offlineimap intents 1";
constexpr std::size_t kFields = 7;
constexpr std::string_view kUnknown = "-";

std::string format_line(const Intent& intent) {
    const std::string uid_next =
        intent.uid_next ? std::to_string(intent.uid_next->value()) : std::string(kUnknown);
    return base::join({escape(intent.local_name), std::to_string(intent.wire_size), escape(intent.sha256),
                       escape(intent.header_sha256), escape(intent.message_id), uid_next,
                       std::to_string(intent.uid_validity.value())},
                      " ") +
           '\n';
}

std::optional<base::Uid> parse_uid(std::string_view text) {
    const auto number = base::parse_integer<std::uint32_t>(text);
    return number ? base::Uid::make(*number) : std::nullopt;
}

std::optional<Intent> parse_line(std::string_view line) {
    const auto fields = base::split(line, ' ');
    if (fields.size() != kFields) return std::nullopt;
    const auto local_name = unescape(fields[0]);
    const auto wire_size = base::parse_integer<std::uint64_t>(fields[1]);
    const auto sha256 = unescape(fields[2]);
    const auto header_sha256 = unescape(fields[3]);
    const auto message_id = unescape(fields[4]);
    const auto uid_next = parse_uid(fields[5]);
    const bool uid_next_makes_sense = uid_next || fields[5] == kUnknown;
    const auto uid_validity = base::parse_integer<std::uint32_t>(fields[6]);
    if (!local_name || !wire_size || !sha256 || !header_sha256 || !message_id || !uid_next_makes_sense ||
        !uid_validity) {
        return std::nullopt;
    }
    return Intent{.local_name = *local_name,
                  .wire_size = *wire_size,
                  .sha256 = *sha256,
                  .header_sha256 = *header_sha256,
                  .message_id = *message_id,
                  .uid_next = uid_next,
                  .uid_validity = base::UidValidity(*uid_validity)};
}

}  // namespace

std::optional<std::vector<Intent>> parse_intent_journal(std::string_view content) {
    auto lines = base::split(content, '\n');
    // Every line ends in LF, so what stands behind the last one is empty.
    if (lines.size() < 2 || lines.front() != kMagic || !lines.back().empty()) return std::nullopt;
    lines.pop_back();
    std::vector<Intent> intents;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        auto intent = parse_line(lines[i]);
        if (!intent) return std::nullopt;
        intents.push_back(std::move(*intent));
    }
    return intents;
}

std::string format_intent_journal(std::span<const Intent> intents) {
    std::string text = std::string(kMagic) + '\n';
    for (const auto& intent : intents) text += format_line(intent);
    return text;
}

}  // namespace offlineimap::status
