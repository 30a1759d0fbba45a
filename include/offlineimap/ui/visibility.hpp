// Which records of an event a text interface shows, ready to print. Shared by all of them and by the log
// file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "offlineimap/events/debug_types.hpp"
#include "offlineimap/events/event.hpp"

namespace offlineimap::ui {

struct Visibility {
    events::Level lowest = events::Level::info;
    // The original tells of the sleep at this level: info in ttyui, debug elsewhere.
    events::Level sleeping = events::Level::debug;
    // Any type here lowers the level to debug; debug messages of other types stay hidden.
    events::DebugTypes debug;
};

struct Line {
    events::Level level;
    std::string text;  // one record; may hold line ends of ours, no other control characters but tabs
    bool operator==(const Line&) const = default;
};

std::vector<Line> visible_lines(const events::Event& event, const Visibility& visibility);

// `text` with every control character made visible but line ends and tabs. Nothing is cut off.
std::string safe_for_terminal(std::string_view text);

}  // namespace offlineimap::ui
