// How Python's int() and float() read a number's text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offlineimap::config {

// The bare number for std::from_chars: without blanks around it, a leading '+' and the '_' that Python allows
// between two digits. nullopt if signs or underscores stand where Python refuses them.
std::optional<std::string> without_python_decoration(std::string_view text);

}  // namespace offlineimap::config
