// Text in columns of a terminal: some characters take two, some none. What a character is and how wide it is
// the calling thread's locale says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::ui::blinkenlights {

// UTF-8 as characters that the locale can show, '?' for any other; tabs become blanks.
std::wstring wide(std::string_view utf8);

int columns_of(std::wstring_view text) noexcept;

// As much of the beginning as has room.
std::wstring_view cut(std::wstring_view text, int columns) noexcept;

// `columns` wide: blanks before, or the end cut off.
std::wstring right_aligned(std::wstring_view text, int columns);

// Lines of at most `columns` (one at least); a character that is wider becomes '?'. An empty text is one
// empty line.
std::vector<std::wstring> wrapped(std::wstring_view text, int columns);

}  // namespace offlineimap::ui::blinkenlights
