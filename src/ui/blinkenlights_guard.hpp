// Signals while a terminal belongs to Blinkenlights.
//
//   SIGWINCH, SIGCONT    tell the thread that draws
//   SIGTSTP              tells it, too: it gives the terminal back before the process stops
//   what ends a process  gives the terminal back in the handler, then does what it does
//
// Only dispositions that are the system's own are taken, and they are given back. So the signals of a sync
// (app/signals.hpp), whose handlers come later and go earlier, are theirs; and ncurses, which takes only what
// nobody has, takes none.
#pragma once

#include <string_view>
#include <termios.h>

namespace offlineimap::ui::blinkenlights {

enum class Message : char { changed, resized, suspend, resumed };

// One at a time in a process.
class Guard {
  public:
    // Throws Error{critical, io} if its pipe cannot be made.
    Guard();
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // Readable when there is a message.
    static int descriptor() noexcept;
    // False when there is none. Any thread may send; never waits.
    static bool receive(Message& message) noexcept;
    static void send(Message message) noexcept;

    // From here on leave_screen() has something to do: what is drawn later through `drawing` goes nowhere,
    // `farewell` is written to `terminal`, which gets `settings` back.
    static void arm(int drawing, int terminal, std::string_view farewell, const termios& settings) noexcept;
    static void disarm() noexcept;

    // Does what SIGTSTP does by itself; returns when the process goes on.
    static void suspend() noexcept;
};

// Async-signal-safe; does nothing when nothing is armed.
void leave_screen() noexcept;

}  // namespace offlineimap::ui::blinkenlights
