// Values as Python prints them, where a report has to look like the original's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offlineimap::app {

// b'* OK ready.': repr() of bytes.
std::string python_bytes(std::string_view bytes);
// ('IMAP4REV1', 'ID'): str() of a tuple of texts.
std::string python_tuple(const std::vector<std::string>& texts);

}  // namespace offlineimap::app
