#include "offlineimap/ui/visibility.hpp"

#include <variant>

#include "offlineimap/base/text.hpp"
#include "offlineimap/events/text.hpp"

namespace offlineimap::ui {

namespace {

events::Level level_shown_by(const Visibility& visibility, const events::Event& event) noexcept {
    if (std::holds_alternative<events::Sleeping>(event)) return visibility.sleeping;
    return events::level_of(event);
}

bool is_visible(const events::Event& event, events::Level level, const Visibility& visibility) noexcept {
    if (const auto* const debug = std::get_if<events::DebugMessage>(&event)) {
        return visibility.debug.contains(debug->type);
    }
    return level >= (visibility.debug.empty() ? visibility.lowest : events::Level::debug);
}

}  // namespace

std::vector<Line> visible_lines(const events::Event& event, const Visibility& visibility) {
    const auto level = level_shown_by(visibility, event);
    if (!is_visible(event, level, visibility)) return {};
    if (const auto* const debug = std::get_if<events::DebugMessage>(&event))
        return {Line{level, safe_for_terminal(events::dated_text_of(*debug))}};
    std::vector<Line> lines;
    for (const auto& record : events::records_of(event)) {
        lines.push_back(Line{level, safe_for_terminal(record)});
    }
    return lines;
}

std::string safe_for_terminal(std::string_view text) {
    std::string safe;
    for (;;) {
        const auto at = text.find_first_of("\n\t");
        safe += base::printable(text.substr(0, at), std::string_view::npos);
        if (at == std::string_view::npos) return safe;
        safe += text[at];
        text.remove_prefix(at + 1);
    }
}

}  // namespace offlineimap::ui
