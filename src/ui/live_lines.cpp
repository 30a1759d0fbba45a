#include "live_lines.hpp"

#include <algorithm>
#include <utility>

#include "columns.hpp"

namespace offlineimap::ui {

namespace {

// Some terminals break the line at the last column, and a user's ^C is echoed behind it.
constexpr std::size_t kFreeColumns = 3;

}  // namespace

std::string LiveLines::erase() {
    const auto count = std::exchange(count_, 0);
    if (count == 0) return "";
    const auto up = count == 1 ? "" : "\x1b[" + std::to_string(count - 1) + 'A';
    return '\r' + up + "\x1b[J";
}

std::string LiveLines::draw(const std::vector<std::string>& lines, Size size) {
    const auto width = size.columns - std::min(size.columns, kFreeColumns);
    // At least one line of the log stays in sight.
    count_ = std::min(lines.size(), size.rows - std::min<std::size_t>(size.rows, 1));
    std::string text;
    for (std::size_t i = 0; i < count_; ++i) {
        if (i != 0) text += '\n';
        const auto others = lines.size() - count_;
        const bool is_last = i + 1 == count_ && others != 0;
        text += cut_to_columns(is_last ? "and " + std::to_string(others + 1) + " more accounts" : lines[i],
                               width);
    }
    return text;
}

}  // namespace offlineimap::ui
