// The colour of each tone, on terminals with many colours, few, or none. docs/blinkenlights.md shows the
// table.
#pragma once

#include "blinkenlights_model.hpp"

namespace offlineimap::ui::blinkenlights {

struct Paint {
    static constexpr int kOrdinary = -1;  // the terminal's own colour
    int foreground = kOrdinary;
    int background = kOrdinary;
    bool bold = false;
    bool dim = false;
    bool reverse = false;
    bool operator==(const Paint&) const = default;
};

// `colours`: how many the terminal has; with fewer than 8 it has none that are used.
Paint paint_of(Tone tone, int colours) noexcept;

}  // namespace offlineimap::ui::blinkenlights
