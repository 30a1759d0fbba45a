// Where everything stands on a screen of a given size: the banner, the log below it, the rows of lights from
// the bottom up. Any size is good: what has no room is left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blinkenlights_model.hpp"

namespace offlineimap::ui::blinkenlights {

struct Size {
    int rows = 0;
    int columns = 0;
    bool operator==(const Size&) const = default;
};

// A piece of a line in one tone; a line has no more columns than the screen.
struct Span {
    std::wstring text;
    Tone tone;
    bool operator==(const Span&) const = default;
};
using ScreenLine = std::vector<Span>;

struct Position {
    int row;
    int column;
    bool operator==(const Position&) const = default;
};

struct Frame {
    std::vector<ScreenLine> lines;   // from the top; no more than the screen has
    std::optional<Position> cursor;  // where the user types; otherwise none is shown
};

// Uses the calling thread's locale for the widths of characters.
Frame compose(const View& view, Size size, Clock::time_point now);

}  // namespace offlineimap::ui::blinkenlights
