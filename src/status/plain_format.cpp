#include "offlineimap/status/plain_format.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "offlineimap/base/text.hpp"

#include "labels.hpp"

namespace offlineimap::status {

namespace {

constexpr std::string_view kMagicOne = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 1";
constexpr std::string_view kMagicTwo = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2";

// A line as far as its format goes; whether the number is a UID is another question.
struct Line {
    std::int64_t number;
    mail::Flags flags;
    std::int64_t mtime = 0;
    std::vector<std::string> labels;
};

// "uid:flags"
std::optional<Line> parse_line_one(std::string_view line) {
    const auto fields = base::split(line, ':');
    if (fields.size() != 2) return std::nullopt;
    const auto number = base::parse_integer<std::int64_t>(fields[0]);
    if (!number) return std::nullopt;
    return Line{.number = *number, .flags = mail::Flags::parse(fields[1]), .mtime = 0, .labels = {}};
}

// "uid|flags|mtime|labels". Differs from OfflineIMAP: a '|' inside a label does not make the line corrupt, as
// labels are the last field.
std::optional<Line> parse_line_two(std::string_view line) {
    std::array<std::string_view, 3> fields;
    for (auto& field : fields) {
        const auto end = line.find('|');
        if (end == std::string_view::npos) return std::nullopt;
        field = line.substr(0, end);
        line.remove_prefix(end + 1);
    }
    const auto number = base::parse_integer<std::int64_t>(fields[0]);
    const auto mtime = base::parse_integer<std::int64_t>(fields[2]);
    if (!number || !mtime) return std::nullopt;
    return Line{.number = *number,
                .flags = mail::Flags::parse(fields[1]),
                .mtime = *mtime,
                .labels = split_labels(line)};
}

std::optional<PlainVersion> version_of(std::string_view magic) {
    if (magic == kMagicOne) return PlainVersion::one;
    if (magic == kMagicTwo) return PlainVersion::two;
    return std::nullopt;
}

void append_row(std::vector<Row>& rows, Line line) {
    if (line.number < 1) return;
    const auto uid = base::Uid::make(static_cast<std::uint64_t>(line.number));
    if (!uid) return;
    rows.push_back({.uid = *uid, .flags = line.flags, .mtime = line.mtime, .labels = std::move(line.labels)});
}

// Of equal UIDs only the last one stays, as a dictionary filled line by line would have it.
void sort_and_keep_last(std::vector<Row>& rows) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.uid < b.uid; });
    const auto same_uid = [](const Row& a, const Row& b) { return a.uid == b.uid; };
    rows.erase(rows.begin(), std::unique(rows.rbegin(), rows.rend(), same_uid).base());
}

// Takes the next line off `rest`, its LF included; nullopt if no LF ends it.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

PlainProblem problem(PlainDefect defect, std::string_view line) {
    return {.defect = defect, .line = std::string(line)};
}

}  // namespace

base::Result<PlainStatus, PlainProblem> parse_plain_status(std::string_view content) {
    auto rest = content;
    const auto magic = take_line(rest);
    const auto version = magic ? version_of(base::trim(*magic)) : std::nullopt;
    if (!version) return base::Unexpected(problem(PlainDefect::unknown_magic, magic.value_or(rest)));

    PlainStatus status{.version = *version, .rows = {}};
    while (!rest.empty()) {
        const auto raw = take_line(rest);
        if (!raw) return base::Unexpected(problem(PlainDefect::corrupt_line, rest));
        const auto text = base::trim(*raw);
        auto line = *version == PlainVersion::one ? parse_line_one(text) : parse_line_two(text);
        if (!line) return base::Unexpected(problem(PlainDefect::corrupt_line, text));
        append_row(status.rows, std::move(*line));
    }
    sort_and_keep_last(status.rows);
    return status;
}

std::string format_plain_status(std::span<const Row> rows) {
    std::string text(kMagicTwo);
    text += '\n';
    for (const auto& row : rows) {
        text += std::to_string(row.uid.value()) + '|' + row.flags.to_string() + '|' +
                std::to_string(row.mtime) + '|' + join_labels(row.labels) + '\n';
    }
    return text;
}

bool is_plain_label(std::string_view label) noexcept {
    return label.find_first_of("\r\n") == std::string_view::npos;
}

}  // namespace offlineimap::status
