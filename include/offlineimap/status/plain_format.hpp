// The text of the plain status file, versions 1 and 2 (docs/files.md). Pure: bytes in, rows out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/base/result.hpp"
#include "offlineimap/status/folder_status.hpp"

namespace offlineimap::status {

enum class PlainVersion { one, two };

struct PlainStatus {
    PlainVersion version = PlainVersion::two;
    std::vector<Row> rows;  // ascending UIDs; of two lines with one UID the later counts
};

enum class PlainDefect { unknown_magic, corrupt_line };

struct PlainProblem {
    PlainDefect defect;
    std::string line;  // the offending one
};

// A line whose number is no possible UID (0, negative, above 2^32-1) is skipped: nothing can match it. A last
// line without LF is corrupt, because it may have been cut anywhere.
base::Result<PlainStatus, PlainProblem> parse_plain_status(std::string_view content);

// Version 2. Precondition: no label contains LF or CR (is_plain_label).
std::string format_plain_status(std::span<const Row> rows);
// Whether the line-based format can hold the label.
bool is_plain_label(std::string_view label) noexcept;

}  // namespace offlineimap::status
