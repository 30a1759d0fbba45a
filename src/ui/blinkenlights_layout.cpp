#include "blinkenlights_layout.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "blinkenlights_text.hpp"

namespace offlineimap::ui::blinkenlights {

namespace {

constexpr const wchar_t* kCopyright = L"Copyright 2002-2021 John Goerzen & contributors";
constexpr int kNameColumns = 12;

// How the lines of a screen are shared out.
struct Shares {
    int banner;
    int log;
    int rows;
};
// The rows may take two thirds of what the banner leaves, so that a bit of the log is seen always.
Shares shares_of(int lines, std::size_t rows) noexcept {
    const int banner = std::min(lines, 1);
    const int most_rows = (lines - banner) * 2 / 3;
    const int shown = static_cast<int>(std::min(rows, static_cast<std::size_t>(most_rows)));
    return {.banner = banner, .log = lines - banner - shown, .rows = shown};
}

// Title and copyright; the last column stays free.
ScreenLine banner_line(const std::string& title, int columns) {
    std::wstring text = wide(title);
    const int between = columns - columns_of(text) - columns_of(kCopyright) - 1;
    text.append(static_cast<std::size_t>(std::max(between, 1)), L' ').append(kCopyright);
    text = cut(text, columns - 1);
    text.append(static_cast<std::size_t>(columns - columns_of(text)), L' ');
    return {{std::move(text), Tone::banner}};
}

void append_wrapped(std::vector<ScreenLine>& lines, const std::string& text, Tone tone, int columns) {
    for (auto& line : wrapped(wide(text), columns)) lines.push_back({{std::move(line), tone}});
}

// The end of the log, and below it the question that is open.
std::vector<ScreenLine> log_lines(const View& view, int height, int columns) {
    std::vector<ScreenLine> lines;
    for (const auto& [tone, text] : view.log) append_wrapped(lines, text, tone, columns);
    for (const auto& text : view.question) append_wrapped(lines, text, Tone::warning, columns);
    const auto surplus = static_cast<std::ptrdiff_t>(lines.size()) - height;
    if (surplus > 0) lines.erase(lines.begin(), lines.begin() + surplus);
    return lines;
}

std::string state_of(const Row& row, Clock::time_point now) {
    if (!row.sleeps_until) return "active";
    const auto left = time_left(*row.sleeps_until, now).count();
    char text[32];
    const int length = std::snprintf(text, sizeof text, "%3lld:%02lld", static_cast<long long>(left / 60),
                                     static_cast<long long>(left % 60));
    return {text, static_cast<std::size_t>(length)};
}

// "1: [active]         Test: @@@"
ScreenLine row_line(const Row& row, std::size_t number, int columns, Clock::time_point now) {
    const auto name = right_aligned(wide(safe_for_terminal(row.name)), kNameColumns);
    const auto label = wide(std::to_string(number) + ": [" + state_of(row, now) + "] ") + name + L": ";
    ScreenLine line{{std::wstring(cut(label, columns)), Tone::plain}};
    int room = columns - columns_of(label);
    for (const auto light : row.lights) {
        if (room-- <= 0) break;
        line.push_back({L"@", light});
    }
    return line;
}

ScreenLine hidden_rows_line(std::size_t hidden, int columns) {
    const auto text = wide("... " + std::to_string(hidden) + " more rows");
    return {{std::wstring(cut(text, columns)), Tone::plain}};
}

// From the highest number down to 0. When not all have room, the topmost line says so.
std::vector<ScreenLine> row_lines(const View& view, int height, int columns, Clock::time_point now) {
    std::vector<ScreenLine> lines;
    const auto room = static_cast<std::size_t>(height);
    if (room == 0) return lines;
    const std::size_t shown = room < view.rows.size() ? room - 1 : view.rows.size();
    if (shown < view.rows.size()) lines.push_back(hidden_rows_line(view.rows.size() - shown, columns));
    for (std::size_t number = shown; number-- > 0;)
        lines.push_back(row_line(view.rows[number], number, columns, now));
    return lines;
}

// After the last character of the question.
Position end_of_last(const std::vector<ScreenLine>& lines, int columns) {
    int used = 0;
    for (const auto& span : lines.back()) used += columns_of(span.text);
    return {.row = static_cast<int>(lines.size()) - 1, .column = std::min(used, columns - 1)};
}

}  // namespace

Frame compose(const View& view, Size size, Clock::time_point now) {
    Frame frame;
    if (size.rows < 1 || size.columns < 1) return frame;
    const auto shares = shares_of(size.rows, view.rows.size());
    if (shares.banner > 0) frame.lines.push_back(banner_line(view.title, size.columns));
    for (auto& line : log_lines(view, shares.log, size.columns)) frame.lines.push_back(std::move(line));
    if (!view.question.empty()) frame.cursor = end_of_last(frame.lines, size.columns);
    const int above_the_rows = size.rows - shares.rows;
    frame.lines.resize(static_cast<std::size_t>(above_the_rows));
    for (auto& line : row_lines(view, shares.rows, size.columns, now)) frame.lines.push_back(std::move(line));
    return frame;
}

}  // namespace offlineimap::ui::blinkenlights
