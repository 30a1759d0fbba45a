#include "blinkenlights_palette.hpp"

#include <array>
#include <cstddef>

namespace offlineimap::ui::blinkenlights {

namespace {

struct Shades {
    Tone tone;
    int of_8;
    int of_16;
    int of_256;
    bool bold;
    Paint without_colour;
};

constexpr Paint kPlainPaint = {};
constexpr Paint kBold = {.bold = true};
constexpr Paint kDim = {.dim = true};
constexpr Paint kReverse = {.reverse = true};

// One line per tone, in the order of the enumeration. The hues are the original's, but for flags: those are
// the manual's. Differs from OfflineIMAP: a light that is out is dark grey where there is such a colour.
constexpr std::array<Shades, 16> kShades = {{
    {Tone::plain, -1, -1, -1, false, kPlainPaint},
    {Tone::banner, 7, 15, 15, true, kReverse},
    {Tone::start, 1, 1, 160, false, kPlainPaint},
    {Tone::account, 5, 5, 134, false, kPlainPaint},
    {Tone::structure, 4, 12, 33, false, kPlainPaint},
    {Tone::folder, 6, 6, 44, false, kPlainPaint},
    {Tone::listing, 2, 2, 40, false, kPlainPaint},
    {Tone::messages, 4, 12, 33, false, kPlainPaint},
    {Tone::copying, 3, 3, 208, false, kBold},
    {Tone::ignoring, 1, 1, 160, false, kPlainPaint},
    {Tone::deleting, 1, 1, 160, false, kBold},
    {Tone::adding_flags, 3, 11, 226, true, kBold},
    {Tone::removing_flags, 5, 13, 213, true, kBold},
    {Tone::warning, 1, 9, 196, true, kReverse},
    {Tone::sleeping, 1, 1, 160, false, kPlainPaint},
    {Tone::ended, 0, 8, 240, false, kDim},
}};

constexpr bool is_in_order() noexcept {
    for (std::size_t i = 0; i < kShades.size(); ++i) {
        if (static_cast<std::size_t>(kShades.at(i).tone) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

constexpr int kBlue = 4;

// Where there are millions, a number above 7 is no place in a palette but a colour's parts (terminfo: RGB).
int foreground_of(const Shades& shades, int colours) noexcept {
    if (colours == 256) return shades.of_256;
    return colours >= 16 && colours < 256 ? shades.of_16 : shades.of_8;
}

}  // namespace

Paint paint_of(Tone tone, int colours) noexcept {
    const auto& shades = kShades.at(static_cast<std::size_t>(tone));
    if (colours < 8) return shades.without_colour;
    return {.foreground = foreground_of(shades, colours),
            .background = tone == Tone::banner ? kBlue : Paint::kOrdinary,
            .bold = shades.bold,
            .dim = false,
            .reverse = false};
}

}  // namespace offlineimap::ui::blinkenlights
