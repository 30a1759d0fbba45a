#include "offlineimap/status/intent_journal.hpp"

#include <cstddef>
#include <cstdint>

#include "offlineimap/base/text.hpp"

#include "journal_text.hpp"

namespace offlineimap::status {

namespace {

// Format 1 lacks the last field: nothing was known to be acknowledged.
constexpr std::string_view kMagicOne = "offlineimap intents 1";
constexpr std::string_view kMagicTwo = "offlineimap intents 2";
constexpr std::size_t kFieldsOne = 7;
constexpr std::size_t kFieldsTwo = 8;
constexpr std::string_view kUnknown = "-";
constexpr std::string_view kUnanswered = "0";
constexpr std::string_view kAcknowledged = "1";

std::string format_line(const Intent& intent) {
    const std::string uid_next =
        intent.uid_next ? std::to_string(intent.uid_next->value()) : std::string(kUnknown);
    return base::join({escape(intent.local_name), std::to_string(intent.wire_size), escape(intent.sha256),
                       escape(intent.header_sha256), escape(intent.message_id), uid_next,
                       std::to_string(intent.uid_validity.value()),
                       std::string(intent.acknowledged ? kAcknowledged : kUnanswered)},
                      " ") +
           '\n';
}

std::optional<base::Uid> parse_uid(std::string_view text) {
    const auto number = base::parse_integer<std::uint32_t>(text);
    return number ? base::Uid::make(*number) : std::nullopt;
}

std::optional<bool> parse_acknowledged(std::string_view text) {
    if (text != kAcknowledged && text != kUnanswered) return std::nullopt;
    return text == kAcknowledged;
}

std::optional<std::size_t> fields_of_format(std::string_view magic) {
    if (magic == kMagicOne) return kFieldsOne;
    if (magic == kMagicTwo) return kFieldsTwo;
    return std::nullopt;
}

std::optional<Intent> parse_line(std::string_view line, std::size_t field_count) {
    const auto fields = base::split(line, ' ');
    if (fields.size() != field_count) return std::nullopt;
    const auto local_name = unescape(fields[0]);
    const auto wire_size = base::parse_integer<std::uint64_t>(fields[1]);
    const auto sha256 = unescape(fields[2]);
    const auto header_sha256 = unescape(fields[3]);
    const auto message_id = unescape(fields[4]);
    const auto uid_next = parse_uid(fields[5]);
    const bool uid_next_makes_sense = uid_next || fields[5] == kUnknown;
    const auto uid_validity = base::parse_integer<std::uint32_t>(fields[6]);
    const auto acknowledged = parse_acknowledged(field_count == kFieldsTwo ? fields[7] : kUnanswered);
    if (!local_name || !wire_size || !sha256 || !header_sha256 || !message_id || !uid_next_makes_sense ||
        !uid_validity || !acknowledged) {
        return std::nullopt;
    }
    return Intent{.local_name = *local_name,
                  .wire_size = *wire_size,
                  .sha256 = *sha256,
                  .header_sha256 = *header_sha256,
                  .message_id = *message_id,
                  .uid_next = uid_next,
                  .uid_validity = base::UidValidity(*uid_validity),
                  .acknowledged = *acknowledged};
}

}  // namespace

std::optional<std::vector<Intent>> parse_intent_journal(std::string_view content) {
    auto lines = base::split(content, '\n');
    // Every line ends in LF, so what stands behind the last one is empty.
    if (lines.size() < 2 || !lines.back().empty()) return std::nullopt;
    const auto field_count = fields_of_format(lines.front());
    if (!field_count) return std::nullopt;
    lines.pop_back();
    std::vector<Intent> intents;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        auto intent = parse_line(lines[i], *field_count);
        if (!intent) return std::nullopt;
        intents.push_back(std::move(*intent));
    }
    return intents;
}

std::string format_intent_journal(std::span<const Intent> intents) {
    std::string text = std::string(kMagicTwo) + '\n';
    for (const auto& intent : intents) text += format_line(intent);
    return text;
}

}  // namespace offlineimap::status
