// What the description of the user's terminal says, apart from what ncurses makes of it.
#pragma once

#include <string>

namespace offlineimap::ui::blinkenlights {

struct Terminfo {
    // It is known, its cursor goes anywhere, and it can be cleared.
    bool can_draw = false;
    // What undoes everything that drawing has set: colours, letters, cursor, keys, and the screen that was
    // there before. Where the terminal keeps no such screen, an empty one.
    std::string farewell;
};

// Of the terminal on standard output, by $TERM. Not while ncurses has the terminal.
Terminfo read_terminfo();

}  // namespace offlineimap::ui::blinkenlights
