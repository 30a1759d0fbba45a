#include "terminal.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace offlineimap::ui {

namespace {

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

}  // namespace

Terminal terminal_at(int descriptor) {
    const auto type = environment("TERM");
    Terminal terminal;
    terminal.can_move = ::isatty(descriptor) != 0 && !type.empty() && type != "dumb";
    terminal.has_colours = terminal.can_move && environment("NO_COLOR").empty();
    return terminal;
}

TerminalSize size_at(int descriptor) noexcept {
    constexpr TerminalSize kUsual{.columns = 80, .rows = 24};
    winsize size{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): ioctl(2) is what it is.
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return kUsual;
    return {.columns = size.ws_col, .rows = size.ws_row};
}

bool is_in_foreground(int descriptor) noexcept {
    return ::tcgetpgrp(descriptor) == ::getpgrp();
}

std::string coloured(const std::string& text, events::Level level) {
    constexpr std::string_view kReset = "\x1b[0m";
    const auto in = [&](std::string_view start) { return std::string(start).append(text).append(kReset); };
    switch (level) {
        case events::Level::debug:
            return in("\x1b[2m");
        case events::Level::info:
            return text;
        case events::Level::warning:
            return in("\x1b[33m");
        case events::Level::error:
            return in("\x1b[31m");
    }
    return text;
}

}  // namespace offlineimap::ui
