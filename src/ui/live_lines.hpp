// Lines that stay at the bottom of a terminal while others scroll above them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::ui {

// Builds what has to be written, and writes nothing. The cursor stays behind the last of the lines, so that
// what others write begins there. Not thread-safe: belongs to an interface.
class LiveLines {
  public:
    struct Size {
        std::size_t columns;
        std::size_t rows;
    };

    bool stand() const noexcept { return count_ != 0; }
    // Takes the lines away; empty if none stand. Of a line that a narrower terminal has broken a piece may
    // stay: better that than to take away a line of the log.
    std::string erase();
    // Draws these, each cut to the width, and no more than there is room for. Precondition: none stand.
    std::string draw(const std::vector<std::string>& lines, Size size);
    // Somebody else has written since: what stands is left where it is.
    void forget() noexcept { count_ = 0; }

  private:
    std::size_t count_ = 0;  // of those that stand
};

}  // namespace offlineimap::ui
