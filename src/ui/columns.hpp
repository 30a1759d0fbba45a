// How wide texts are on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace offlineimap::ui {

// Columns of UTF-8 text without control characters, whatever the user's locale; a byte that is no UTF-8
// counts for one.
std::size_t columns_of(std::string_view text);

// The text, or its beginning and "…", in no more than `most` columns.
std::string cut_to_columns(std::string_view text, std::size_t most);

}  // namespace offlineimap::ui
