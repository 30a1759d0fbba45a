// How the text files of our own write strings: a field holds no blank and no line end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offlineimap::status {

// Everything up to the blank, DEL and '%' is written as %xx.
std::string escape(std::string_view text);
// nullopt: no text that escape() gives.
std::optional<std::string> unescape(std::string_view text);

}  // namespace offlineimap::status
