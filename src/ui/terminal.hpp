// What the terminal behind a descriptor can do, and its colours.
#pragma once

#include <cstddef>
#include <string>

#include "offlineimap/events/event.hpp"

namespace offlineimap::ui {

struct Terminal {
    bool can_move = false;     // lines can be drawn over: a terminal, and not a dumb one
    bool has_colours = false;  // and the user wants them (no-color.org)
};
// Reads TERM and NO_COLOR. To be asked before there are threads.
Terminal terminal_at(int descriptor);

// The size now; 80 x 24 where the terminal does not tell.
struct TerminalSize {
    std::size_t columns;
    std::size_t rows;
};
TerminalSize size_at(int descriptor) noexcept;

// Whether this process is the one that the user sees at work there: not in the background of a shell.
bool is_in_foreground(int descriptor) noexcept;

// Warnings yellow, errors red, debug messages faint, the rest as it is.
std::string coloured(const std::string& text, events::Level level);

}  // namespace offlineimap::ui
