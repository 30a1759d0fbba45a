#include "blinkenlights_terminfo.hpp"

#include <cstdint>
#include <unistd.h>

// Last, because they define macros with ordinary names.
#include <term.h>

#include <curses.h>

namespace offlineimap::ui::blinkenlights {

namespace {

// Without its delays ("$<2>"): no terminal of today needs them. Empty when the terminal has none.
std::string capability(const char* name) {
    const char* const found = ::tigetstr(name);
    // terminfo(3X): -1 as a pointer is "no such string".
    if (found == nullptr || reinterpret_cast<std::intptr_t>(found) == -1) return {};
    std::string text(found);
    for (std::size_t at = 0; (at = text.find("$<", at)) != std::string::npos;)
        text.erase(at, text.find('>', at) - at + 1);
    return text;
}

std::string farewell() {
    const std::string other_screen = capability("rmcup");
    return capability("sgr0") + capability("op") + capability("cnorm") + capability("rmkx") +
           (other_screen.empty() ? capability("clear") : other_screen);
}

}  // namespace

Terminfo read_terminfo() {
    int answer = 0;
    if (::setupterm(nullptr, STDOUT_FILENO, &answer) != OK) return {};
    Terminfo info{.can_draw = !capability("cup").empty() && !capability("clear").empty(),
                  .farewell = farewell()};
    ::del_curterm(cur_term);
    return info;
}

}  // namespace offlineimap::ui::blinkenlights
