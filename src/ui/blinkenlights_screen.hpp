// The terminal, through ncurses, which nothing else sees. Everything but can_draw_here() belongs to one
// thread.
#pragma once

#include <memory>
#include <optional>

#include "blinkenlights_input.hpp"
#include "blinkenlights_layout.hpp"

namespace offlineimap::ui::blinkenlights {

// Whether standard input and output are a terminal, of a kind that can be drawn on.
bool can_draw_here();

class Screen {
  public:
    // Takes the terminal. Without colours where NO_COLOR is set and not empty. Throws Error{critical,
    // unsupported} if it cannot be drawn on.
    Screen();
    // Gives it back as it was.
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    Size size() const noexcept;
    void show(const Frame& frame);
    // A key that has been pressed; never waits.
    std::optional<Key> next_key();

    // Follows the terminal's size.
    void adapt();
    // Draws everything anew with the next frame: something else has written there.
    void redraw();
    // Gives the terminal back, stops the process, and takes the terminal again when it goes on.
    void suspend();
    // After a stop that left no time for suspend().
    void resume();

  private:
    class Terminal;
    std::unique_ptr<Terminal> terminal_;
};

}  // namespace offlineimap::ui::blinkenlights
