#include "offlineimap/status/renumbering.hpp"

#include <cstdint>
#include <string_view>
#include <system_error>

#include "offlineimap/base/error.hpp"
#include "offlineimap/base/text.hpp"
#include "offlineimap/os/file.hpp"
#include "offlineimap/status/names.hpp"

#include "journal_text.hpp"

namespace offlineimap::status {

namespace {

using Message = Renumbering::Message;

constexpr auto kSeverity = base::Severity::folder;
constexpr std::size_t kSizeLimit = std::size_t{1} << 30U;
constexpr std::string_view kMagic = "offlineimap renumbering 1";
constexpr std::string_view kUnknown = "-";
// Marks known flags, so that none at all is a field too.
constexpr char kFlagsMark = '=';

std::string format_line(const Message& message) {
    const std::string agreed =
        message.agreed ? kFlagsMark + message.agreed->to_string() : std::string(kUnknown);
    return std::to_string(message.uid.value()) + ' ' + agreed + ' ' + escape(message.local_name) + '\n';
}

std::optional<Message> parse_line(std::string_view line) {
    const auto fields = base::split(line, ' ');
    if (fields.size() != 3 || fields[1].empty()) return std::nullopt;
    const auto uid = base::Uid::make(base::parse_integer<std::uint64_t>(fields[0]).value_or(0));
    const auto name = unescape(fields[2]);
    const bool is_known = fields[1].front() == kFlagsMark;
    if (!uid || !name || (!is_known && fields[1] != kUnknown)) return std::nullopt;
    Message message{.local_name = *name, .uid = *uid};
    if (is_known) message.agreed = mail::Flags::parse(std::string_view(fields[1]).substr(1));
    return message;
}

// The whole file, replaced at once: anything odd about it is damage.
std::optional<Renumbering> parse(std::string_view content) {
    auto lines = base::split(content, '\n');
    if (lines.size() < 3 || lines[0] != kMagic || !lines.back().empty()) return std::nullopt;
    lines.pop_back();
    const auto validity = base::parse_integer<std::uint32_t>(lines[1]);
    if (!validity) return std::nullopt;
    Renumbering renumbering{.uid_validity = base::UidValidity(*validity)};
    for (std::size_t i = 2; i < lines.size(); ++i) {
        auto message = parse_line(lines[i]);
        if (!message) return std::nullopt;
        renumbering.messages.push_back(std::move(*message));
    }
    return renumbering;
}

}  // namespace

std::optional<Renumbering> read_renumbering(const std::filesystem::path& file) {
    const auto content = os::read_file(file, kSeverity, kSizeLimit);
    if (!content) return std::nullopt;
    auto renumbering = parse(*content);
    if (!renumbering) {
        throw base::Error(
            kSeverity, base::ErrorCode::corrupt_state,
            "'" + file.string() +
                "' should list the new UIDs of the folder's messages but is damaged; restore it from "
                "a backup, or move the local folder away to have it downloaded again");
    }
    return renumbering;
}

void write_renumbering(const std::filesystem::path& file, const Renumbering& renumbering) {
    std::string text = std::string(kMagic) + '\n' + std::to_string(renumbering.uid_validity.value()) + '\n';
    for (const auto& message : renumbering.messages) text += format_line(message);
    os::make_directories(file.parent_path(), 0700, kSeverity);
    os::replace_file_through(temporary_of(file), file, text, os::Sync::yes, kSeverity, 0600);
}

void remove_renumbering(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return;
    os::remove_file(file, kSeverity);
    // Were it to come back after a power loss, it would undo what happened since.
    os::sync_directory(file.parent_path(), kSeverity);
}

}  // namespace offlineimap::status
