// Keys, and the line that a user types without seeing it.
#pragma once

#include <string>

namespace offlineimap::ui::blinkenlights {

struct Key {
    enum class Kind { byte, enter, erase, clear, escape, redraw, other };
    Kind kind = Kind::other;
    char byte = 0;  // of what was typed, as the terminal sent it
};

// A secret line; wiped when it goes.
class TypedLine {
  public:
    TypedLine();
    ~TypedLine();
    TypedLine(const TypedLine&) = delete;
    TypedLine& operator=(const TypedLine&) = delete;

    enum class State { open, entered, given_up };
    // Nothing more is taken once it is not open.
    void type(const Key& key);
    State state() const noexcept { return state_; }
    // What was entered; leaves nothing behind. Precondition: entered.
    std::string take() noexcept;

  private:
    void erase_character() noexcept;
    void wipe() noexcept;

    std::string text_;
    State state_ = State::open;
};

}  // namespace offlineimap::ui::blinkenlights
