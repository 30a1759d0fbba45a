// Output that is never torn apart: one text, one write.
#pragma once

#include <string_view>

namespace offlineimap::ui {

// Writes all of `text`, with a single write(2) if the descriptor takes it; waits when the descriptor is
// non-blocking and full. False if the descriptor cannot be written (closed pipe, full disk): an interface has
// nobody to tell and a sync goes on without it.
bool write_whole(int descriptor, std::string_view text) noexcept;

}  // namespace offlineimap::ui
