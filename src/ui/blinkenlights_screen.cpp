#include "blinkenlights_screen.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <locale.h>
#include <string>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>

#include "offlineimap/base/error.hpp"

#include "blinkenlights_guard.hpp"
#include "blinkenlights_palette.hpp"
#include "blinkenlights_terminfo.hpp"
#include "terminal.hpp"

namespace offlineimap::ui::blinkenlights {

namespace {

constexpr int kEscapeMilliseconds = 50;
constexpr int kToneCount = static_cast<int>(Tone::ended) + 1;

[[noreturn]] void fail(const std::string& why) {
    throw base::Error(base::Severity::critical, base::ErrorCode::unsupported,
                      "UI 'blinkenlights' cannot draw on this terminal: " + why);
}

// The user's characters for this thread alone: ncurses asks the locale what a character is.
class UsersCharacters {
  public:
    UsersCharacters() : locale_(::newlocale(LC_CTYPE_MASK, "", nullptr)) {
        if (locale_ == nullptr) locale_ = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        if (locale_ != nullptr) former_ = ::uselocale(locale_);
    }
    ~UsersCharacters() {
        if (locale_ == nullptr) return;
        ::uselocale(former_);
        ::freelocale(locale_);
    }
    UsersCharacters(const UsersCharacters&) = delete;
    UsersCharacters& operator=(const UsersCharacters&) = delete;

  private:
    locale_t locale_;
    locale_t former_ = nullptr;
};

// A stream of our own to the terminal, which leave_screen() can turn away.
class DrawingStream {
  public:
    DrawingStream() : stream_(::fdopen(::dup(STDOUT_FILENO), "w")) {
        if (stream_ == nullptr) fail("no descriptor is left");
    }
    ~DrawingStream() { std::fclose(stream_); }
    DrawingStream(const DrawingStream&) = delete;
    DrawingStream& operator=(const DrawingStream&) = delete;
    FILE* get() const noexcept { return stream_; }
    int descriptor() const noexcept { return ::fileno(stream_); }

  private:
    FILE* stream_;
};

Key key_of(int code) noexcept {
    constexpr int kClear = 'U' & 0x1F;
    constexpr int kRedraw = 'L' & 0x1F;
    constexpr int kEscape = 0x1B;
    constexpr int kDelete = 0x7F;
    switch (code) {
        case '\n':
        case '\r':
        case KEY_ENTER:
            return {.kind = Key::Kind::enter};
        case '\b':
        case kDelete:
        case KEY_BACKSPACE:
            return {.kind = Key::Kind::erase};
        case kClear:
            return {.kind = Key::Kind::clear};
        case kRedraw:
            return {.kind = Key::Kind::redraw};
        case kEscape:
            return {.kind = Key::Kind::escape};
        default:
            if (code < 0 || code > 0xFF) return {.kind = Key::Kind::other};
            return {.kind = Key::Kind::byte, .byte = static_cast<char>(code)};
    }
}

}  // namespace

bool can_draw_here() {
    if (::isatty(STDIN_FILENO) == 0) return false;
    return terminal_at(STDOUT_FILENO).can_move && read_terminfo().can_draw;
}

class Screen::Terminal {
  public:
    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void set_tone(Tone tone) const;

  private:
    void arm_guard() const;
    void set_modes() const;
    void define_colours();

    const UsersCharacters characters_;
    const DrawingStream stream_;
    SCREEN* screen_ = nullptr;
    int colours_ = 0;
    std::array<attr_t, kToneCount> attributes_{};
    std::array<short, kToneCount> pairs_{};
};

Screen::Terminal::Terminal() {
    arm_guard();
    screen_ = ::newterm(nullptr, stream_.get(), stdin);
    if (screen_ == nullptr) {
        Guard::disarm();
        fail("it is not known");
    }
    set_modes();
    define_colours();
}

Screen::Terminal::~Terminal() {
    ::endwin();
    Guard::disarm();
    ::delscreen(screen_);
}

void Screen::Terminal::arm_guard() const {
    termios settings{};
    ::tcgetattr(STDOUT_FILENO, &settings);
    Guard::arm(stream_.descriptor(), STDOUT_FILENO, read_terminfo().farewell, settings);
}

// The interrupt and quit keys go on making signals: they work even when nothing is drawn any more.
void Screen::Terminal::set_modes() const {
    ::set_escdelay(kEscapeMilliseconds);
    ::cbreak();
    ::noecho();
    ::nodelay(stdscr, TRUE);
    ::keypad(stdscr, TRUE);
    ::intrflush(stdscr, FALSE);
    ::typeahead(-1);
    ::curs_set(0);
}

void Screen::Terminal::define_colours() {
    if (terminal_at(STDOUT_FILENO).has_colours && ::has_colors() && ::start_color() == OK) {
        ::use_default_colors();
        colours_ = COLORS;
    }
    for (int number = 0; number < kToneCount; ++number) {
        const auto paint = paint_of(static_cast<Tone>(number), colours_);
        const auto at = static_cast<std::size_t>(number);
        attributes_.at(at) =
            (paint.bold ? A_BOLD : 0) | (paint.dim ? A_DIM : 0) | (paint.reverse ? A_REVERSE : 0);
        if (paint.foreground == Paint::kOrdinary && paint.background == Paint::kOrdinary) continue;
        pairs_.at(at) = static_cast<short>(number + 1);
        ::init_pair(pairs_.at(at), static_cast<short>(paint.foreground),
                    static_cast<short>(paint.background));
    }
}

void Screen::Terminal::set_tone(Tone tone) const {
    const auto at = static_cast<std::size_t>(tone);
    ::attr_set(attributes_.at(at), pairs_.at(at), nullptr);
}

Screen::Screen() : terminal_(std::make_unique<Terminal>()) {
    adapt();
}

Screen::~Screen() = default;

Size Screen::size() const noexcept {
    return {.rows = LINES, .columns = COLS};
}

// ncurses sends what differs from the frame before. Results are not looked at: a character in the last corner
// is an error to it, though it stands there.
void Screen::show(const Frame& frame) {
    ::erase();
    for (std::size_t row = 0; row < frame.lines.size(); ++row) {
        ::move(static_cast<int>(row), 0);
        for (const auto& [text, tone] : frame.lines[row]) {
            terminal_->set_tone(tone);
            ::addnwstr(text.data(), static_cast<int>(text.size()));
        }
    }
    ::curs_set(frame.cursor ? 1 : 0);
    if (frame.cursor) ::move(frame.cursor->row, frame.cursor->column);
    ::refresh();
}

std::optional<Key> Screen::next_key() {
    const int code = ::getch();
    if (code == ERR) return std::nullopt;
    return key_of(code);
}

void Screen::adapt() {
    winsize now{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): ioctl(2) is what it is.
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_row == 0 || now.ws_col == 0) return;
    if (::is_term_resized(now.ws_row, now.ws_col)) ::resizeterm(now.ws_row, now.ws_col);
}

void Screen::redraw() {
    ::clearok(curscr, TRUE);
}

void Screen::suspend() {
    ::def_prog_mode();
    ::endwin();
    Guard::suspend();
    resume();
}

void Screen::resume() {
    ::reset_prog_mode();
    ::curs_set(0);
    redraw();
    adapt();
}

}  // namespace offlineimap::ui::blinkenlights
